using System.Globalization;
using System.Runtime.InteropServices;

namespace HeadScope.ModelCore.Torch.Native;

/// <summary>Which libtorch a loaded one is, by its own word: a function that it has since 2.9.</summary>
/// <param name="Number">The version in the three highest bytes; 0 where it does not say.</param>
internal readonly record struct LibtorchVersion(ulong Number)
{
    public bool Fits => Major == Libtorch.Major && Minor == Libtorch.Minor;

    int Major => (int)(Number >> 56);

    int Minor => (int)(Number >> 48 & 0xFF);

    /// <param name="library">The handle of its library for processors.</param>
    public static unsafe LibtorchVersion Of(nint library) => NativeLibrary.TryGetExport(library, "aoti_torch_abi_version", out var function)
        ? new(((delegate* unmanaged<ulong>)function)())
        : default;

    public override string ToString() => Number == 0
        ? "a libtorch before 2.9"
        : string.Create(CultureInfo.InvariantCulture, $"libtorch {Major}.{Minor}.{Number >> 40 & 0xFF}");
}
