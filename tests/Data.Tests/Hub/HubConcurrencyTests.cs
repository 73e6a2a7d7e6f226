using System.Diagnostics;
using HeadScope.Data.Hub;

namespace HeadScope.Data.Tests.Hub;

/// <summary>Several that download at once, of this program or of Python, bring each file once.</summary>
public sealed class HubConcurrencyTests
{
    [Fact]
    public async Task Download_EightAtOnce_BringEachFileOnce()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Server.Misbehave("GET", hub.AtLargeFiles, times: 1, async (_, right) =>
        {
            await Task.Delay(300); // so that the others come upon the lock
            await right();
        });
        var snapshots = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            using var client = new HubClient(hub.Options, TimeProvider.System); // as another process would
            return await client.DownloadAsync(HubFixture.Model, "main", names => names);
        })));
        Assert.All(
            snapshots,
            snapshot => Assert.Equal(HubFixture.LargeContent, File.ReadAllBytes(Path.Combine(snapshot.Folder, "model.safetensors"))));
        Assert.Equal(1, hub.Server.Requests.Count(
            request => request.Method == "GET" && request.Path.Contains(hub.AtLargeFiles, StringComparison.Ordinal)));
        Assert.DoesNotContain(
            hub.CacheFiles(),
            path => path.Contains("incomplete", StringComparison.Ordinal) || path.Contains(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Download_LocksThatDoNotReach_StillGiveTheRightContent()
    {
        // As between nodes of a cluster whose file system locks nothing: two writers of one partial file.
        await using var hub = await HubFixture.StartAsync();
        var served = 0;
        hub.Server.Misbehave("GET", hub.AtLargeFiles, times: 8, async (_, right) =>
        {
            await Task.Delay(200 + 3 * Interlocked.Increment(ref served)); // none is done before others have begun
            await right();
        });
        var snapshots = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            using var client = new HubClient(hub.Options, TimeProvider.System);
            using var unlock = new CancellationTokenSource();
            var unlocking = Task.Run(async () =>
            {
                // A lock file that is replaced excludes nobody.
                while (!unlock.IsCancellationRequested)
                {
                    if (Directory.Exists(Path.Combine(hub.Options.Cache, ".locks")))
                    {
                        foreach (var path in Directory.GetFiles(
                            Path.Combine(hub.Options.Cache, ".locks"), "*", SearchOption.AllDirectories))
                            File.Delete(path);
                    }

                    await Task.Delay(1);
                }
            });
            try
            {
                return await client.DownloadAsync(HubFixture.Model, "main", names => names);
            }
            finally
            {
                await unlock.CancelAsync();
                await unlocking;
            }
        })));
        Assert.True(served > 1, "the locks have reached");
        Assert.All(
            snapshots,
            snapshot => Assert.Equal(HubFixture.LargeContent, File.ReadAllBytes(Path.Combine(snapshot.Folder, "model.safetensors"))));
    }

    [SkippableFact]
    public async Task Lock_HeldByPython_IsWaitedFor()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Content.TryFind(hub.Content.Head, "config.json", out var file);
        var path = Path.Combine(hub.Options.Cache, ".locks", "models--org--name", $"{file.Etag}.lock");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);

        // What filelock, which huggingface_hub locks with, does on Unix.
        using var python = StartPython("import fcntl, os, sys; d = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o664); " +
            "fcntl.flock(d, fcntl.LOCK_EX | fcntl.LOCK_NB); print('held', flush=True); sys.stdin.read()", path);
        Assert.Equal("held", await python.StandardOutput.ReadLineAsync());
        var download = hub.DownloadAsync("config.json");
        for (var waited = Stopwatch.StartNew(); !hub.Messages.Any() && waited.Elapsed < TimeSpan.FromSeconds(20);)
            await Task.Delay(10);
        Assert.Equal("Waiting for another process, which is downloading 'config.json' of model 'org/name'.", Assert.Single(hub.Messages));
        Assert.False(download.IsCompleted);
        python.StandardInput.Close();
        Assert.Equal(["config.json"], (await download).Files);
        await python.WaitForExitAsync();
    }

    [SkippableFact]
    public async Task Lock_HeldByUs_IsRefusedToPython()
    {
        await using var hub = await HubFixture.StartAsync();
        var path = hub.File("blob.lock");
        const string TryLock = "import fcntl, os, sys\nd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o664)\ntry: fcntl.flock(d, " +
            "fcntl.LOCK_EX | fcntl.LOCK_NB); print('got it')\nexcept BlockingIOError: print('refused')";
        async Task<string?> AskAsync()
        {
            using var python = StartPython(TryLock, path);
            return await python.StandardOutput.ReadLineAsync();
        }

        using (await HubLock.AcquireAsync(path, () => { }, TimeProvider.System, default))
            Assert.Equal("refused", await AskAsync());
        Assert.Equal("got it", await AskAsync());
    }

    static Process StartPython(string script, params string[] arguments)
    {
        Skip.If(OperatingSystem.IsWindows(), "flock is a Unix call");
        try
        {
            return Process.Start(new ProcessStartInfo("python3", ["-c", script, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            Skip.If(true, $"python3 is not here: {e.Message}");
            throw;
        }
    }
}
