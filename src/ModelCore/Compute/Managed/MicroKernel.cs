using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>
/// The innermost loop of matrix multiplication for one kind of processor: a tile of C, kept in registers, grows by
/// <c>depth</c> rank-one updates.
/// </summary>
internal sealed unsafe class MicroKernel
{
    /// <summary>The instruction set, for descriptions.</summary>
    public required string Name { get; init; }

    /// <summary>Rows of the tile; A is packed in panels of so many rows.</summary>
    public required int Rows { get; init; }

    /// <summary>Columns of the tile, a multiple of <see cref="VectorMath.Lanes"/>; B is packed in panels of so many columns.</summary>
    public required int Columns { get; init; }

    /// <summary>
    /// c = start + a b. a is a panel [depth, Rows], b a panel [depth, Columns], both contiguous. start is the tile that c holds
    /// already, or a bias (stride 0). Each element is one chain of <c>depth</c> fused multiply-adds in order of k, then one addition:
    /// the same bits whatever the tile.
    /// </summary>
    public delegate*<int, float*, float*, float*, nint, float*, nint, void> Multiply { get; private init; }

    public static MicroKernel Avx512 { get; } =
        new() { Name = "AVX-512", Rows = Avx512Kernel.Rows, Columns = Avx512Kernel.Columns, Multiply = &Avx512Kernel.Multiply };

    public static MicroKernel Avx2 { get; } =
        new() { Name = "AVX2", Rows = Avx2Kernel.Rows, Columns = Avx2Kernel.Columns, Multiply = &Avx2Kernel.Multiply };

    public static MicroKernel Portable { get; } =
        new() { Name = "portable", Rows = PortableKernel.Rows, Columns = PortableKernel.Columns, Multiply = &PortableKernel.Multiply };

    /// <summary>The widest that this processor supports.</summary>
    public static MicroKernel Best { get; } =
        Vector512.IsHardwareAccelerated && Avx512F.IsSupported ? Avx512
        : Vector256.IsHardwareAccelerated && Fma.IsSupported ? Avx2
        : Portable;
}
