using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HeadScope.ModelCore.Torch.Native;

/// <summary>
/// TorchSharp's own native library. On Linux it was built with GCC 13, whose header &lt;iostream&gt; makes everything that includes it
/// ask for version GLIBCXX_3.4.32 of libstdc++, which Debian 12 and Ubuntu 22.04 do not have. There a copy that asks for it weakly is
/// loaded, from memory.
/// </summary>
/// <remarks>
/// The version stands for one function, std::ios_base_library_init, which nothing calls: its name alone tells the linker that the
/// library initialises the streams. Where it does not, libtorch does.
/// </remarks>
internal static partial class TorchSharpLibrary
{
    public const string StreamVersion = "GLIBCXX_3.4.32";

    const uint CloseOnExec = 1;

    /// <summary>Whether the system has all that the library asks for; false where a copy that asks for less was loaded.</summary>
    public static bool AsBuilt { get; private set; } = true;

    /// <exception cref="DllNotFoundException">It cannot be loaded.</exception>
    public static void Load(string path)
    {
        try
        {
            NativeLibrary.Load(path);
        }
        catch (DllNotFoundException e) when (e.Message.Contains($"`{StreamVersion}' not found", StringComparison.Ordinal))
        {
            if (!TryLoadCopy(path))
                throw;
            AsBuilt = false;
        }
    }

    /// <summary>TorchSharp finds the copy by the name in it, which the system's loader knows loaded libraries by.</summary>
    static bool TryLoadCopy(string path)
    {
        var library = File.ReadAllBytes(path);
        if (!ElfVersions.Weaken(library, StreamVersion))
            return false;
        using var memory = new SafeFileHandle(CreateInMemory(Path.GetFileName(path), CloseOnExec), ownsHandle: true);
        if (memory.IsInvalid)
            return false;
        RandomAccess.Write(memory, library, 0);
        return NativeLibrary.TryLoad($"/proc/self/fd/{memory.DangerousGetHandle()}", out _);
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateInMemory(string name, uint flags);
}
