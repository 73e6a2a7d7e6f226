using System.Text.Json;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

/// <summary>What the programs write: no command to a terminal from a name, and no signature.</summary>
public sealed class ConsoleTests : IDisposable
{
    const string Name = "a\u001b[2J\u009b1mmodel\u202e\nffffffffffffffff  done";
    const string Shown = "a\\u001b[2J\\u009b1mmodel\\u202e\\u000affffffffffffffff  done";
    const string Secret = "c2VjcmV0LXNpZ25hdHVyZQ%3D%3D";

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Output_NameOfAModelHoldsEscapeSequences_ShowsThemEscaped()
    {
        Skip.If(OperatingSystem.IsWindows(), "no file has such a name");
        var model = _folder.File(Name);
        Fixture.Copy(model, "neox-tiny", "model");
        string[] job = ["--model", model, "--tokens", Fixture.PathOf("neox-tiny", "inputs.safetensors"), "--skip-heads"];
        var (code, id, error) = await HeadScopeProcess.RunAsync(["submit", "--store", _folder.File("store"), .. job]);
        Assert.True(code == 0, error);
        foreach (var command in new string[][]
        {
            ["list", "--store", _folder.File("store")],
            ["status", "--store", _folder.File("store"), "--job", id],
            ["work", "--store", _folder.File("store")],
        })
        {
            var (_, output, said) = await HeadScopeProcess.RunAsync(command);
            Assert.Contains(Shown, $"{output}{said}", StringComparison.Ordinal);
            AssertIsHarmless($"{output}{said}");
        }

        // In a message of a fault, and in JSON, whose own escapes these are.
        var (_, json, fault) = await HeadScopeProcess.RunAsync(
            "run", "--model", $"{model}/none", "--tokens", "none.npy", "--out", _folder.File("out"), "--json");
        AssertIsHarmless($"{json}{fault}");
        Assert.Contains("\u202e", JsonDocument.Parse(json).RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
        var (_, _, server) = await HeadScopeProcess.RunServerAsync("--store", "store", "--workers", "a\u001b[2J");
        AssertIsHarmless(server);
        Assert.Contains("a\\u001b[2J", server, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list", "--store", "https://account.blob.core.windows.net/NOT?sv=2024-01-01&sig=")]
    [InlineData("work", "--store", "https://account.blob.core.windows.net/NOT?sv=2024-01-01&sig=")]
    [InlineData("silo", "--store", "https://account.blob.core.windows.net/NOT?sv=2024-01-01&sig=")]
    public async Task Store_SignatureOnTheCommandLine_IsWarnedOfAndNotShown(string program, string option, string url)
    {
        string[] arguments = [option, url + Secret];
        var (code, output, error) = program == "silo"
            ? await HeadScopeProcess.RunServerAsync(arguments)
            : await HeadScopeProcess.RunAsync([program, .. arguments]);
        Assert.Equal(1, code);
        Assert.Contains("set AZURE_STORAGE_SAS_TOKEN to it instead", error, StringComparison.Ordinal);
        Assert.Contains("'NOT' is not the name of a container", error, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, output + error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("silo")]
    public async Task CommandLine_ThatIsWrong_IsQuotedWithoutItsSignature(string program)
    {
        string[] arguments = ["--store", "store", $"https://account.blob.core.windows.net/jobs?sv=2024-01-01&sig={Secret}"];
        var (code, output, error) = program == "silo"
            ? await HeadScopeProcess.RunServerAsync(arguments)
            : await HeadScopeProcess.RunAsync([program, .. arguments]);
        Assert.Equal(2, code);
        Assert.Contains("sig=[signature]", error, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, output + error, StringComparison.Ordinal);
    }

    static void AssertIsHarmless(string text) =>
        Assert.DoesNotContain(text, c => (char.IsControl(c) && c is not ('\n' or '\r' or '\t')) || c == '\u202e');
}
