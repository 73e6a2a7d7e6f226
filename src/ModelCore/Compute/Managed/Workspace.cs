using System.Runtime.InteropServices;

namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>One thread's scratch memory: fixed for matrix products, growing for whatever else asks.</summary>
internal sealed unsafe class Workspace : IDisposable
{
    const nuint Alignment = 64;

    readonly List<nint> _blocks = [];
    readonly Dictionary<string, (nint Block, long Count)> _named = [];

    public Workspace(MicroKernel kernel)
    {
        PackedA = Allocate((long)(Gemm.RowBlock + kernel.Rows) * Gemm.DepthBlock);
        TileStart = Allocate(kernel.Rows * kernel.Columns);
        Tile = Allocate(kernel.Rows * kernel.Columns);
    }

    /// <summary>[<see cref="Gemm.RowBlock"/>, <see cref="Gemm.DepthBlock"/>] in panels.</summary>
    public float* PackedA { get; }

    /// <summary>What a tile at the edge of C starts from.</summary>
    public float* TileStart { get; }

    /// <summary>A tile at the edge of C.</summary>
    public float* Tile { get; }

    /// <summary>
    /// At least <paramref name="count"/> floats with undefined contents, the same block for the same name until a larger one is asked for.
    /// </summary>
    public float* Get(string name, long count)
    {
        if (_named.TryGetValue(name, out var held))
        {
            if (held.Count >= count)
                return (float*)held.Block;
            _blocks.Remove(held.Block);
            NativeMemory.AlignedFree((void*)held.Block);
        }

        var block = Allocate(count);
        _named[name] = ((nint)block, count);
        return block;
    }

    float* Allocate(long count)
    {
        // One vector more than asked for: kernels load whole vectors and mask.
        var block = (float*)NativeMemory.AlignedAlloc((nuint)count * sizeof(float) + Alignment, Alignment);
        _blocks.Add((nint)block);
        return block;
    }

    public void Dispose()
    {
        foreach (var block in _blocks)
            NativeMemory.AlignedFree((void*)block);
        _blocks.Clear();
        _named.Clear();
    }
}
