using System.Runtime.InteropServices;

namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>
/// A constant matrix [inputs, outputs] in the order the micro-kernel reads it: blocks of <see cref="Gemm.DepthBlock"/> inputs,
/// in each block panels of <c>kernel.Columns</c> outputs, in each panel one row of outputs for each input. The last panel is
/// padded with zeros. Packed once, at load.
/// </summary>
internal sealed unsafe class PackedMatrix : Matrix
{
    readonly float* _panels;
    readonly float* _bias; // padded to whole panels; zeros where the matrix has none

    public PackedMatrix(MicroKernel kernel, ReadOnlySpan<float> values, int inputs, int outputs, ReadOnlySpan<float> bias, bool transposed)
        : base(inputs, outputs)
    {
        if (values.Length != (long)inputs * outputs)
            throw new ArgumentException(
                $"A [{inputs}, {outputs}] matrix has {(long)inputs * outputs} values, not {values.Length}.", nameof(values));
        if (!bias.IsEmpty && bias.Length != outputs)
            throw new ArgumentException($"The bias of {outputs} outputs has {outputs} values, not {bias.Length}.", nameof(bias));

        Kernel = kernel;
        Panels = (outputs + kernel.Columns - 1) / kernel.Columns;
        var padded = (nuint)Panels * (nuint)kernel.Columns;
        _panels = (float*)NativeMemory.AlignedAlloc(padded * (nuint)inputs * sizeof(float), 4096);
        _bias = (float*)NativeMemory.AlignedAlloc(padded * sizeof(float), 64);
        NativeMemory.Clear(_bias, padded * sizeof(float));
        bias.CopyTo(new Span<float>(_bias, outputs));

        fixed (float* source = values)
        {
            for (var k0 = 0; k0 < inputs; k0 += Gemm.DepthBlock)
            {
                var depth = Math.Min(Gemm.DepthBlock, inputs - k0);
                for (var panel = 0; panel < Panels; panel++)
                {
                    var first = panel * kernel.Columns;
                    var count = Math.Min(kernel.Columns, outputs - first);
                    var destination = Panel(panel, k0);
                    if (transposed)
                        Gemm.PackTransposed(source + (nint)first * inputs + k0, inputs, count, depth, destination, kernel.Columns);
                    else
                        Gemm.PackStraight(source + (nint)k0 * outputs + first, outputs, count, depth, destination, kernel.Columns);
                }
            }
        }
    }

    public MicroKernel Kernel { get; }

    /// <summary>How many panels of <c>Kernel.Columns</c> outputs there are.</summary>
    public int Panels { get; }

    /// <summary>The bias of a panel's outputs, [Kernel.Columns].</summary>
    public float* Bias(int panel) => _bias + (nint)panel * Kernel.Columns;

    /// <summary>The part of a panel that starts at input <paramref name="k0"/>, a multiple of <see cref="Gemm.DepthBlock"/>.</summary>
    public float* Panel(int panel, int k0)
    {
        var depth = Math.Min(Gemm.DepthBlock, Inputs - k0);
        return _panels + (nint)Panels * Kernel.Columns * k0 + (nint)panel * Kernel.Columns * depth;
    }

    /// <summary>Copies one column, [inputs], out of the panels.</summary>
    public void CopyOutput(int output, float* destination)
    {
        var (panel, column) = Math.DivRem(output, Kernel.Columns);
        for (var k0 = 0; k0 < Inputs; k0 += Gemm.DepthBlock)
        {
            var source = Panel(panel, k0) + column;
            var depth = Math.Min(Gemm.DepthBlock, Inputs - k0);
            for (var k = 0; k < depth; k++)
                destination[k0 + k] = source[(nint)k * Kernel.Columns];
        }
    }

    ~PackedMatrix() => Free();

    public override void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    bool _freed;

    void Free()
    {
        if (_freed)
            return;
        _freed = true;
        NativeMemory.AlignedFree(_panels);
        NativeMemory.AlignedFree(_bias);
    }
}
