namespace HeadScope.ModelCore.Torch.Native;

/// <summary>The files of libtorch and of TorchSharp's own native library, as this system names them, and where they lie.</summary>
internal static class NativeFiles
{
    public const string TorchSharp = "LibTorchSharp";
    public const string Cpu = "torch_cpu";

    /// <summary>
    /// What TorchSharp needs of libtorch, each after what it needs itself; those for CUDA devices are not in every libtorch. They find what
    /// else they need, such as OpenMP, beside themselves.
    /// </summary>
    public static IReadOnlyList<string> Libtorch { get; } = ["c10", Cpu, "c10_cuda", "torch_cuda", "torch"];

    /// <summary>Where the host looks for this program's native libraries: beside it, or in the folder of this platform below.</summary>
    static IEnumerable<string> Beside => (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Append(AppContext.BaseDirectory).Select(Path.TrimEndingDirectorySeparator);

    public static string NameOf(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

    /// <summary>The folder beside the program that holds a library; null where none does.</summary>
    public static string? FolderBeside(string library) =>
        Beside.FirstOrDefault(folder => File.Exists(Path.Combine(folder, NameOf(library))));
}
