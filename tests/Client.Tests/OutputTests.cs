using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

/// <summary>What lies in an output folder is one job's, and what its manifest says.</summary>
public sealed class OutputTests : IDisposable
{
    static readonly string Model = Fixture.PathOf("neox-tiny", "model");
    static readonly string Tokens = Fixture.PathOf("neox-tiny", "inputs.safetensors");

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    string[] Run => ["run", "--model", Model, "--tokens", Tokens, "--skip-heads", "--out", _folder.File("out")];

    [Fact]
    public async Task Run_AResultHasOtherBytesOfTheSameLength_IsReportedAndMadeAgain()
    {
        await DoneAsync(Run);
        var whole = Damage("out/head_df.parquet");
        var (code, output, error) = await HeadScopeProcess.RunAsync(Run);
        Assert.Equal(0, code);
        Assert.Contains(
            $"{_folder.File("out/head_df.parquet")} is not the result that the manifest describes", error, StringComparison.Ordinal);
        Assert.DoesNotContain("done already", output, StringComparison.Ordinal);
        Assert.Equal(whole, await File.ReadAllBytesAsync(_folder.File("out/head_df.parquet")));
        Assert.Contains("done already", await DoneAsync(Run), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_AResultAndTheJobsOwnCopyAreDamaged_SaysHowToMakeItAgain()
    {
        await DoneAsync(Run);
        var whole = Damage("out/head_df.csv");
        var stored = Path.GetRelativePath(
            _folder.File(""), Directory.GetFiles(_folder.File("out/.headscope"), "head_df.csv", SearchOption.AllDirectories).Single());
        Damage(stored);
        var (code, _, error) = await HeadScopeProcess.RunAsync(Run);
        Assert.Equal(1, code);
        Assert.Contains("run the job again with --force", error, StringComparison.Ordinal);
        await DoneAsync([.. Run, "--force"]);
        Assert.Equal(whole, await File.ReadAllBytesAsync(_folder.File("out/head_df.csv")));
    }

    [Fact]
    public async Task Run_AnotherJobIsBeingWrittenToTheFolder_IsRefusedAndNamed()
    {
        using var first = HeadScopeProcess.Start(
            ["run", .. LongJob.Write(_folder.File("many.safetensors")), "--out", _folder.File("out"), "--shard-rows", "4"]);
        await first.SaysAsync("shards.");
        var id = Path.GetFileName(Directory.GetDirectories(_folder.File("out/.headscope/jobs")).Single());
        foreach (var more in new[] { Array.Empty<string>(), ["--force"] })
        {
            var (code, _, error) = await HeadScopeProcess.RunAsync([.. Run, .. more]);
            Assert.Equal(2, code);
            Assert.Contains($"the job {id} is being written there", error, StringComparison.Ordinal);
        }

        Assert.Equal([id], Directory.GetDirectories(_folder.File("out/.headscope/jobs")).Select(Path.GetFileName));
        first.Kill();
        await DoneAsync(Run); // what was killed holds nothing
    }

    [Fact]
    public async Task Run_TheSameJobTwiceAtOnce_IsDoneByBoth()
    {
        string[] run = ["run", .. LongJob.Write(
            _folder.File("many.safetensors"), times: 10), "--out", _folder.File("out"), "--shard-rows", "4"];
        using var first = HeadScopeProcess.Start(run);
        using var second = HeadScopeProcess.Start(run);
        foreach (var process in new[] { first, second })
        {
            var (code, _, error) = await process.EndAsync();
            Assert.True(code == 0, error);
        }
    }

    static async Task<string> DoneAsync(string[] command)
    {
        var (code, output, error) = await HeadScopeProcess.RunAsync(command);
        Assert.True(code == 0, error);
        return output;
    }

    /// <summary>Changes a bit of a file, and returns what it was.</summary>
    byte[] Damage(string file)
    {
        var bytes = File.ReadAllBytes(_folder.File(file));
        var changed = bytes.ToArray();
        changed[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(_folder.File(file), changed);
        return bytes;
    }
}
