using System.Text.Json.Nodes;
using HeadScope.Client.Tests;
using HeadScope.ModelCore.Torch.Native;
using HeadScope.Tests.Support;

namespace HeadScope.ModelCore.Torch.Tests;

/// <summary>Where the programs find libtorch, and what they say of a folder that is none.</summary>
public sealed class LibtorchTests : IDisposable
{
    static readonly string[] Needed = ["c10", NativeFiles.Cpu, "torch"];

    readonly TemporaryFolder _folder = new();

    public LibtorchTests() => Directory.CreateDirectory(Lib);

    string Lib => _folder.File("lib");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Version_OfTorchSharp_IsTheOneThatIsAskedFor() =>
        Assert.StartsWith($"{Libtorch.Major}.{Libtorch.Minor}.", TorchSharp.torch.__version__, StringComparison.Ordinal);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Doctor_LibtorchInANamedFolder_FindsItNearFloat64(bool byVariable)
    {
        var (code, torch) = byVariable
            ? await DoctorAsync(OnTorch.Folder)
            : await DoctorAsync("/nonexistent", "--libtorch", OnTorch.Folder);
        Assert.Equal(0, code);
        AssertUses(OnTorch.Folder, torch);
    }

    /// <summary>As it is published with -p:Libtorch. Another besides it would end the process.</summary>
    [Fact]
    public async Task Doctor_LibtorchBesideTheProgram_UsesThatOneAndNoOther()
    {
        var program = Path.Combine(Lib, "headscope.dll");
        foreach (var file in Directory.GetFileSystemEntries(AppContext.BaseDirectory).Concat(Directory.GetFiles(OnTorch.Folder)))
            File.CreateSymbolicLink(Path.Combine(Lib, Path.GetFileName(file)), file);
        File.Delete(program);
        File.Copy(HeadScopeProcess.Program("headscope"), program); // a link to it would count as lying where it points

        AssertUses(Lib, (await ProgramAsync(Lib, "")).Torch);
        var (code, torch) = await ProgramAsync(Lib, "", "--libtorch", OnTorch.Folder);
        Assert.Equal(1, code);
        AssertFault(torch, $"--libtorch names {OnTorch.Folder}, but libtorch lies beside this program, in {Lib}: name none");
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
        foreach (var library in Needed)
            Link(library, library == NativeFiles.Cpu ? "c10" : library);
        var (code, torch) = await DoctorAsync("", "--libtorch", Lib);
        Assert.Equal(1, code);
        AssertFault(torch, $"{Lib} has a libtorch before 2.9; TorchSharp needs libtorch 2.10");
    }

    [Fact]
    public async Task Doctor_DamagedLibtorch_SaysWhichFile()
    {
        foreach (var library in Needed.Skip(1))
            Link(library, library);
        var damaged = Path.Combine(Lib, NativeFiles.NameOf("c10"));
        File.WriteAllText(damaged, "not a library");
        var (code, torch) = await DoctorAsync("", "--libtorch", Lib);
        Assert.Equal(1, code);
        AssertFault(torch, $"{damaged} cannot be loaded");
    }

    [Fact]
    public void Load_AnotherFolderThanBefore_IsRefused()
    {
        foreach (var library in Needed)
            Link(library, library);
        Assert.StartsWith($"this process has loaded libtorch of {OnTorch.Folder}", Libtorch.Load(Lib), StringComparison.Ordinal);
        Assert.Null(Libtorch.Load(OnTorch.Folder));
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

    /// <summary>A library in the folder is one of libtorch's, under a name.</summary>
    void Link(string name, string library) =>
        File.CreateSymbolicLink(Path.Combine(Lib, NativeFiles.NameOf(name)), Path.Combine(OnTorch.Folder, NativeFiles.NameOf(library)));

    static void AssertUses(string folder, JsonNode torch)
    {
        Assert.Null(torch["fault"]?.GetValue<string>());
        Assert.InRange(torch["distance"]!.GetValue<double>(), 0, 1e-4);
        Assert.Contains($"libtorch 2.10 of {folder}", torch["parts"]!.AsArray().Select(part => part!.GetValue<string>()));
    }

    static void AssertFault(JsonNode torch, string beginning)
    {
        var fault = torch["fault"]!.GetValue<string>();
        Assert.StartsWith(beginning, fault, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault);
    }

    static Task<(int Code, JsonNode Torch)> DoctorAsync(string variable, params string[] options) =>
        ProgramAsync(AppContext.BaseDirectory, variable, options);

    /// <summary>What a program says of the first device of TorchSharp.</summary>
    static async Task<(int Code, JsonNode Torch)> ProgramAsync(string folder, string variable, params string[] options)
    {
        var environment = new Dictionary<string, string> { [Libtorch.Variable] = variable };
        using var doctor = HeadScopeProcess.StartFrom(folder, environment, ["doctor", "--json", .. options]);
        var (code, output, error) = await doctor.EndAsync();
        Assert.Equal("", error);
        var backends = JsonNode.Parse(output)!["backends"]!.AsArray();
        return (code, backends.First(backend => backend!["backend"]!.GetValue<string>() == "torch")!);
    }
}
