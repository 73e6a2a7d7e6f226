using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Deploy;

/// <summary>The script for SLURM, where there is one that runs: an array of workers over one folder.</summary>
public sealed class SlurmTests : IDisposable
{
    const int Tasks = 3;

    static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Array_OneIsRequeuedAndOneCancelled_TheOthersDoTheJob()
    {
        Skip.If(
            !(await TryAsync("sinfo", "--noheader", "--states=idle,mixed", "--format=%n") is (0, { Length: > 0 })),
            "SLURM is not installed here, or has no node that is free.");
        var request = LongJob.Write(_folder.File("long.safetensors"), times: 20);
        var store = _folder.File("store");
        string[] job = [.. request, "--shard-rows", "8", "--skip-heads"];
        var id = await SaysAsync(["submit", "--store", store, .. job]);
        var array = await SlurmAsync(
            "sbatch", "--parsable", $"--array=0-{Tasks - 1}", "--cpus-per-task=1", "--mem=1G", "--time=10", $"--chdir={_folder.File("")}",
            $"--export=ALL,STORE={store},JOB={id},HEADSCOPE={Path.Combine(AppContext.BaseDirectory, "headscope")}",
            DeployFiles.PathOf("slurm", "headscope.sbatch"));
        try
        {
            await UntilAsync(async () => (await SlurmAsync("squeue", "--noheader", "--array", $"--jobs={array}", "--states=RUNNING")).Split('\n').Length == Tasks, "three tasks run");
            await UntilAsync(async () => (int)JsonNode.Parse(
                await SaysAsync(["status", "--store", store, "--job", id, "--json"]))!["shards_committed"]! > 1, "shards are done");
            await SlurmAsync("scontrol", "requeue", $"{array}_1");
            await SlurmAsync("scancel", $"{array}_2");
            Assert.Contains("Restarts=1", await SlurmAsync("scontrol", "show", "job", $"{array}_1"), StringComparison.Ordinal);
            await SaysAsync(["watch", "--store", store, "--job", id]);
        }
        finally
        {
            await SlurmAsync("scancel", array);
        }

        await SaysAsync(["pull", "--store", store, "--job", id, "--out", _folder.File("pulled")]);
        await SaysAsync(["run", .. job, "--out", _folder.File("run")]);
        Results.AssertSame(_folder.File("run"), _folder.File("pulled"));

        // The one that was cancelled, and asked politely first, handed its shard back.
        await UntilAsync(async () => (await File.ReadAllTextAsync(_folder.File($"headscope-{array}_2.log"))).Contains(
            "Interrupted.", StringComparison.Ordinal), "the cancelled task says so");
    }

    static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        for (var waited = Stopwatch.StartNew(); !await holds(); await Task.Delay(200))
            Assert.True(waited.Elapsed < Limit, $"waited for: {what}");
    }

    static async Task<string> SaysAsync(string[] arguments)
    {
        var (code, output, error) = await HeadScopeProcess.RunAsync(arguments);
        Assert.True(code == 0, $"{arguments[0]} ended with {code}: {error}");
        return output;
    }

    static async Task<string> SlurmAsync(string program, params string[] arguments)
    {
        var (code, output) = await TryAsync(program, arguments);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)} ended with {code}");
        return output;
    }

    static async Task<(int Code, string Output)> TryAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var error = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await error;
            await process.WaitForExitAsync();
            return (process.ExitCode, output.Trim());
        }
        catch (Win32Exception)
        {
            return (-1, "");
        }
    }
}
