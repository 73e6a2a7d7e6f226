using HeadScope.ModelCore.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace HeadScope.ModelCore.Torch;

/// <summary>Functions of attention patterns.</summary>
internal static class PatternValues
{
    /// <summary>Of which the logarithm is taken in place of that of 0: the product is 0 either way.</summary>
    const float SmallestNormal = 1.17549435e-38f;

    /// <summary>Fills the values of some sequences.</summary>
    /// <param name="pattern">[sequence * head, dest, src] of <paramref name="rows"/> sequences from <paramref name="firstRow"/> on.</param>
    public static void Fill(PatternScoring asked, torch.Tensor pattern, in AttentionInputs inputs, int firstRow, int rows)
    {
        using var scope = NewDisposeScope();
        var (heads, context) = (inputs.Heads.Heads, inputs.Batch.Context);
        var values = asked.Function.Operation switch
        {
            PatternOperation.Entropy => pattern.mul(pattern.clamp_min(Scalars.Of(SmallestNormal)).log_()).sum(-1).neg_(),
            PatternOperation.MeanDistance => pattern.mul(Distances(context, pattern.device)).sum(-1),
            PatternOperation.Max => pattern.amax([-1]),
            PatternOperation.MaxButFirst => context == 1 ? zeros_like(pattern.select(2, 0)) : pattern.narrow(2, 1, context - 1).amax([-1]),
            _ => RowByRow(asked.Function, pattern, inputs),
        }; // [sequence * head, dest]
        ((TorchTensor)asked.Values).Values.narrow(1, firstRow * context, rows * context).view(heads, rows, context)
            .copy_(values.view(rows, heads, context).transpose(0, 1));
    }

    /// <summary>dest - src: [dest, src].</summary>
    static torch.Tensor Distances(int context, Device device)
    {
        var positions = arange(Scalars.Of(0), Scalars.Of(context), Scalars.One, ScalarType.Float32, device);
        return positions.unsqueeze(1).sub(positions.unsqueeze(0));
    }

    /// <summary>The formula itself, on the host.</summary>
    static torch.Tensor RowByRow(IPatternFunction function, torch.Tensor pattern, in AttentionInputs inputs)
    {
        var context = inputs.Batch.Context;
        var rows = pattern.view(-1, context); // [sequence * head * dest, src]
        var host = new float[rows.numel()];
        HostMemory.ToHost(rows, host);
        var values = new float[rows.shape[0]];
        for (var row = 0; row < values.Length; row++)
        {
            var destination = row % context;
            values[row] = function.Of<float>(host.AsSpan(row * context, inputs.VisibleSources(destination).End), destination);
        }

        return HostMemory.ToDevice(values, values.Length / context, context, pattern.device);
    }
}
