using System.Text.Json.Nodes;
using HeadScope.Client.Tests;
using HeadScope.ModelCore.Torch.Native;
using HeadScope.Tests.Support;

namespace HeadScope.ModelCore.Torch.Tests;

/// <summary>Where the programs find libtorch, and what they say of a folder that is none.</summary>
public sealed class LibtorchTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public LibtorchTests() => Directory.CreateDirectory(Lib);

    string Lib => _folder.File("lib");

    static string Beside => NativeFiles.FolderBeside(NativeFiles.Cpu)!;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Version_OfThisPackage_IsTheOneThatIsAskedFor() => Assert.StartsWith($"{Libtorch.Major}.{Libtorch.Minor}.", TorchSharp.torch.__version__, StringComparison.Ordinal);

    [Fact]
    public async Task Doctor_LibtorchBesideTheProgram_FindsItNearFloat64()
    {
        var (code, torch) = await DoctorAsync("");
        Assert.Equal(0, code);
        Assert.Null(torch["fault"]?.GetValue<string>());
        Assert.InRange(torch["distance"]!.GetValue<double>(), 0, 1e-4);
        Assert.Contains($"libtorch 2.10 of {Beside}", Parts(torch));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Doctor_LibtorchInANamedFolder_UsesThatOne(bool byVariable)
    {
        Fill(Directory.GetFiles(Beside).Where(file => !Path.GetFileName(file).Contains(NativeFiles.TorchSharp, StringComparison.Ordinal)));
        var (code, torch) = byVariable ? await DoctorAsync(Lib) : await DoctorAsync("/nonexistent", "--libtorch", Lib);
        Assert.Equal(0, code);
        Assert.Contains($"libtorch 2.10 of {Lib}", Parts(torch));
    }

    [Fact]
    public async Task Doctor_FolderThatIsNotThere_SaysSo()
    {
        var (code, torch) = await DoctorAsync("", "--libtorch", _folder.File("none"));
        Assert.Equal(1, code);
        AssertFault(torch, $"--libtorch: the folder {_folder.File("none")} was not found");
    }

    [Fact]
    public async Task Doctor_FolderWithoutLibtorch_SaysWhatIsMissing()
    {
        var (code, torch) = await DoctorAsync("", "--libtorch", Lib);
        Assert.Equal(1, code);
        AssertFault(torch, $"{Lib} has no {NativeFiles.NameOf("c10")}");
    }

    /// <summary>Libraries that do not say which version they are: those before 2.9.</summary>
    [Fact]
    public async Task Doctor_OldLibtorch_SaysWhichItNeeds()
    {
        Fill(["c10", NativeFiles.Cpu, "torch"], library => Path.Combine(Beside, NativeFiles.NameOf(library == NativeFiles.Cpu ? "c10" : library)));
        var (code, torch) = await DoctorAsync("", "--libtorch", Lib);
        Assert.Equal(1, code);
        AssertFault(torch, $"{Lib} has a libtorch before 2.9; TorchSharp needs libtorch 2.10");
    }

    [Fact]
    public async Task Doctor_DamagedLibtorch_SaysWhichFile()
    {
        Fill(["c10", NativeFiles.Cpu, "torch"], library => Path.Combine(Beside, NativeFiles.NameOf(library)));
        var damaged = Path.Combine(Lib, NativeFiles.NameOf("c10"));
        File.Delete(damaged);
        File.WriteAllText(damaged, "not a library");
        var (code, torch) = await DoctorAsync("", "--libtorch", Lib);
        Assert.Equal(1, code);
        AssertFault(torch, $"{damaged} cannot be loaded");
    }

    [Fact]
    public void Load_AnotherFolderThanBefore_IsRefused()
    {
        Fill(["c10", NativeFiles.Cpu, "torch"], library => Path.Combine(Beside, NativeFiles.NameOf(library)));
        Assert.Contains("has loaded libtorch of", Libtorch.Load(Lib), StringComparison.Ordinal);
        Assert.Null(Libtorch.Load(null));
    }

    [Theory]
    [InlineData(0x020A_0000_0000_0000, true, "libtorch 2.10.0")]
    [InlineData(0x020A_0100_0000_0000, true, "libtorch 2.10.1")]
    [InlineData(0x0209_0100_0000_0000, false, "libtorch 2.9.1")]
    [InlineData(0, false, "a libtorch before 2.9")]
    public void Version_OfANumber_FitsWhereMajorAndMinorDo(ulong number, bool fits, string text)
    {
        var version = new LibtorchVersion(number);
        Assert.Equal((fits, text), (version.Fits, version.ToString()));
    }

    void Fill(IEnumerable<string> libraries, Func<string, string> target)
    {
        foreach (var library in libraries)
            File.CreateSymbolicLink(Path.Combine(Lib, NativeFiles.NameOf(library)), target(library));
    }

    void Fill(IEnumerable<string> files)
    {
        foreach (var file in files)
            File.CreateSymbolicLink(Path.Combine(Lib, Path.GetFileName(file)), file);
    }

    static void AssertFault(JsonNode torch, string beginning)
    {
        var fault = torch["fault"]!.GetValue<string>();
        Assert.StartsWith(beginning, fault, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault);
    }

    static IEnumerable<string> Parts(JsonNode torch) => torch["parts"]!.AsArray().Select(part => part!.GetValue<string>());

    /// <summary>What is said of the first device of TorchSharp.</summary>
    static async Task<(int Code, JsonNode Torch)> DoctorAsync(string variable, params string[] options)
    {
        var (code, output, error) = await HeadScopeProcess.RunAsync(new Dictionary<string, string> { [Libtorch.Variable] = variable }, ["doctor", "--json", .. options]);
        Assert.Equal("", error);
        return (code, JsonNode.Parse(output)!["backends"]!.AsArray().First(backend => backend!["backend"]!.GetValue<string>() == "torch")!);
    }
}
