using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

public sealed class DemoTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Demo_OnItsOwnSources_NamesTheInductionHeads()
    {
        var (code, output, error) = await HeadScopeProcess.RunAsync("demo", "--out", _folder.File("demo"));
        Assert.True(code == 0, error);

        // Known of the bundled model: its two induction heads, and the third head that copies.
        var induction = output.Split('\n').Single(line => line.Contains("Induction heads", StringComparison.Ordinal));
        Assert.Contains("L3H2", induction, StringComparison.Ordinal);
        Assert.Contains("L3H3", induction, StringComparison.Ordinal);
        Assert.DoesNotContain("L2", induction, StringComparison.Ordinal);
        var movers = output.Split('\n').Single(line => line.Contains("strongest movers", StringComparison.Ordinal));
        Assert.Contains("L3H0", movers, StringComparison.Ordinal);
        Assert.Contains("L3H3", await File.ReadAllTextAsync(_folder.File("demo/report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Heads_OfTheDemoModel_FindsThePreviousTokenHeadBehindInduction()
    {
        var model = Fixture.PathOf("..", "..", "src", "Client", "Demo");
        var (code, _, error) = await HeadScopeProcess.RunAsync("heads", "--model", model, "--out", _folder.File("heads"));
        Assert.True(code == 0, error);
        var lines = await File.ReadAllLinesAsync(_folder.File("heads/heads.csv"));
        Assert.Equal("L,H,label,induction,eigenvals_vocab,eigenvals_resid,frac_copy_argmax", lines[0]);
        Assert.Equal(17, lines.Length);
        Assert.True(File.Exists(_folder.File("heads/composition.parquet")));
    }

    [Fact]
    public async Task Inspect_Model_ListsParametersByTransformerLensNames()
    {
        var (code, output, error) = await HeadScopeProcess.RunAsync(
            "inspect", "--model", Fixture.PathOf("gpt2-tiny", "model"), "--tokens", Fixture.PathOf("gpt2-tiny", "inputs.safetensors"));
        Assert.True(code == 0, error);
        Assert.Contains("GPT-2 (GPT2LMHeadModel)", output, StringComparison.Ordinal);
        Assert.Contains("24 rows of 64, all in the vocabulary", output, StringComparison.Ordinal);
        Assert.Matches(@"blocks\.2\.attn\.W_O +\[4, 16, 64\]", output);
    }
}
