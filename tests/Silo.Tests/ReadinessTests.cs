using System.Diagnostics;
using System.Net;
using HeadScope.Tests.Support;

namespace HeadScope.Silo.Tests;

/// <summary>A server that cannot take or do jobs says so to whatever sends it requests.</summary>
public sealed class ReadinessTests : IDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Ready_StoreIsDeleted_SaysSoUntilItIsBack()
    {
        var store = _folder.File("store");
        await using var silo = await RunningSilo.StartAsync(
            keys: false, configure: options => options with { Store = store, Engine = null });
        await UntilAsync(silo, HttpStatusCode.OK);
        Directory.Move(store, _folder.File("elsewhere"));
        Assert.Contains("store", await UntilAsync(silo, HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
        Assert.False(Directory.Exists(store)); // looking makes no store where one was mounted
        Directory.Move(_folder.File("elsewhere"), store);
        await UntilAsync(silo, HttpStatusCode.OK);
        Assert.Empty(Directory.EnumerateFiles(store, "*", SearchOption.AllDirectories)); // looking leaves nothing
    }

    [SkippableFact]
    public async Task Ready_StoreIsFull_SaysSoUntilThereIsSpace()
    {
        var disk = Directory.CreateDirectory(_folder.File("disk")).FullName;
        Skip.IfNot(
            OperatingSystem.IsLinux() && Ran("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk), "mounting a small disk needs root");
        try
        {
            await using var silo = await RunningSilo.StartAsync(
                keys: false, configure: options => options with { Store = Path.Combine(disk, "store"), Engine = null });
            await UntilAsync(silo, HttpStatusCode.OK);
            File.WriteAllBytes(Path.Combine(disk, "filling"), []);
            Ran("dd", "if=/dev/zero", $"of={disk}/filling", "bs=4k");
            Assert.Contains("store", await UntilAsync(silo, HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
            File.Delete(Path.Combine(disk, "filling"));
            await UntilAsync(silo, HttpStatusCode.OK);
        }
        finally
        {
            Ran("umount", disk);
        }
    }

    [Fact]
    public async Task Ready_WorkersAreDrained_SaysSo()
    {
        await using var silo = await RunningSilo.StartAsync(keys: false);
        await UntilAsync(silo, HttpStatusCode.OK);
        await silo.DrainWorkersAsync();
        Assert.Contains("drained", await UntilAsync(silo, HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
    }

    static async Task<string> UntilAsync(RunningSilo silo, HttpStatusCode expected)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            using var response = await silo.Anonymous.GetAsync("/health/ready");
            var said = await response.Content.ReadAsStringAsync();
            if (response.StatusCode == expected)
                return said;
            Assert.True(waited.Elapsed < Limit, $"{response.StatusCode}: {said}");
            await Task.Delay(100);
        }
    }

    static bool Ran(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
