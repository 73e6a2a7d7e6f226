using System.Runtime.InteropServices;
using TorchSharp;

namespace HeadScope.ModelCore.Torch.Native;

/// <summary>
/// PyTorch's native library, which TorchSharp computes with. It is found and loaded when it is first asked for, before TorchSharp
/// looks for it by itself, and once: a process has one libtorch.
/// </summary>
public static class Libtorch
{
    /// <summary>The environment variable that names the folder, where no option does.</summary>
    public const string Variable = "HEADSCOPE_LIBTORCH";

    /// <summary>The version that TorchSharp was built for: another has other functions, and calling them would end the process.</summary>
    internal const int Major = 2, Minor = 10;

    const string Remedy = "publish with -p:Libtorch=cpu or -p:Libtorch=cuda, or name a folder that has it, "
        + $"such as torch/lib of a Python environment, by --libtorch or {Variable}";

    static readonly Lock Gate = new();
    static (string Folder, string? Fault)? _loaded;

    /// <summary>What was loaded, and how; for people.</summary>
    internal static IReadOnlyList<string> Parts =>
    [
        $"libtorch {Major}.{Minor} of {_loaded?.Folder}",
        .. TorchSharpLibrary.AsBuilt ? Array.Empty<string>()
            : [$"libstdc++ without {TorchSharpLibrary.StreamVersion}, which is not needed"],
    ];

    /// <summary>Loads libtorch, unless that was done.</summary>
    /// <param name="folder">Where it lies. By default, where <see cref="Variable"/> says or, without that, beside the program.</param>
    /// <returns>Why it cannot be used and what to do, in one line; null where it can.</returns>
    public static string? Load(string? folder)
    {
        var (named, by) = folder is not null ? (folder, "--libtorch") : (Environment.GetEnvironmentVariable(Variable), Variable);
        lock (Gate)
        {
            var beside = NativeFiles.FolderBeside(NativeFiles.Cpu);
            if (string.IsNullOrEmpty(named))
                return (_loaded?.Folder ?? beside) is { } found ? LoadOnce(found) : $"libtorch {Major}.{Minor} was not found: {Remedy}";
            var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(named));
            if (!Directory.Exists(full))
                return $"{by}: the folder {full} was not found; {Remedy}";

            // TorchSharp looks beside the program by itself, and a process ends that loads two.
            return beside is null || beside == full ? LoadOnce(full)
                : $"{by} names {full}, but libtorch lies beside this program, in {beside}: name none, or publish without -p:Libtorch";
        }
    }

    static string? LoadOnce(string folder)
    {
        if (_loaded is { } loaded)
        {
            return loaded.Folder == folder ? loaded.Fault
                : $"this process has loaded libtorch of {loaded.Folder}, and cannot load that of {folder} as well";
        }

        if (Missing(folder) is { } missing)
            return $"{folder} has no {missing}: it is no folder of libtorch; {Remedy}";
        _loaded = (folder, LoadFrom(folder));
        return _loaded.Value.Fault;
    }

    static string? Missing(string folder) => NativeFiles.Libtorch.Where(library => !library.EndsWith("cuda", StringComparison.Ordinal))
        .Select(NativeFiles.NameOf).FirstOrDefault(file => !File.Exists(Path.Combine(folder, file)));

    static string? LoadFrom(string folder)
    {
        var file = folder;
        try
        {
            foreach (var library in NativeFiles.Libtorch)
            {
                file = Path.Combine(folder, NativeFiles.NameOf(library));
                if (!File.Exists(file))
                    continue;
                var handle = NativeLibrary.Load(file);
                if (library == NativeFiles.Cpu && LibtorchVersion.Of(handle) is var version && !version.Fits)
                    return $"{folder} has {version}; TorchSharp needs libtorch {Major}.{Minor}: {Remedy}";
            }

            if (NativeFiles.FolderBeside(NativeFiles.TorchSharp) is not { } own)
            {
                var platform = RuntimeInformation.RuntimeIdentifier;
                return $"TorchSharp has no library for {platform}: compute on another machine, or with --backend managed";
            }

            TorchSharpLibrary.Load(file = Path.Combine(own, NativeFiles.NameOf(NativeFiles.TorchSharp)));
            torch.InitializeDeviceType(DeviceType.CPU);
            return null;
        }
        catch (Exception e) when (
            e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException
                or NotSupportedException or InvalidOperationException or TypeInitializationException)
        {
            return LoadFault.Explain(file, e.GetBaseException().Message);
        }
    }
}
