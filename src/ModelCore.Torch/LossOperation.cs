using TorchSharp;
using static TorchSharp.torch;

namespace HeadScope.ModelCore.Torch;

/// <summary>
/// Cross-entropy without an array [token, vocabulary]: of each tile of the vocabulary only the log of its sum of exponentials is kept,
/// and of the logits only the target's.
/// </summary>
internal static class LossOperation
{
    const int TileColumns = 8192;

    /// <summary>[n, 1]; 0 where a target is negative.</summary>
    /// <param name="most">How many logits may exist at a time.</param>
    public static torch.Tensor Run(torch.Tensor x, TorchMatrix unembed, int[] targets, float? cap, ScalarType products, long most)
    {
        var typed = x.to_type(products); // once for all tiles
        var wanted = HostMemory.ToDevice(targets, x.device).unsqueeze(1); // [n, 1]
        var columns = Math.Min(TileColumns, unembed.Outputs);
        var rowsAtATime = (int)Math.Max(1, most / columns);
        var losses = new List<torch.Tensor>();
        for (var row = 0; row < targets.Length; row += rowsAtATime)
        {
            var rows = Math.Min(rowsAtATime, targets.Length - row);
            using var scope = NewDisposeScope();
            var (part, targetsOfPart) = (typed.narrow(0, row, rows), wanted.narrow(0, row, rows));
            var sums = new List<torch.Tensor>(); // of each tile: log sum exp, [rows]
            var targetLogits = zeros(rows, 1, ScalarType.Float32, x.device);
            for (var first = 0; first < unembed.Outputs; first += columns)
            {
                using var tile = NewDisposeScope();
                var count = Math.Min(columns, unembed.Outputs - first);
                var logits = unembed.Multiply(part, first, count); // [rows, count]
                if (cap is { } highest)
                    logits = TorchBackend.Capped(logits, highest);
                sums.Add(logits.logsumexp(1).MoveToOuterDisposeScope());
                var index = targetsOfPart.sub(Scalars.Of(first));
                var isHere = index.ge(Scalars.Of(0)).logical_and(index.lt(Scalars.Of(count)));
                var clamped = index.clamp(Scalars.Of(0), Scalars.Of(count - 1));
                targetLogits.add_(where(isHere, logits.gather(1, clamped), zeros_like(targetLogits)), Scalars.One);
            }

            var loss = stack(sums, 1).logsumexp(1, keepdim: true).sub_(targetLogits);
            losses.Add(loss.masked_fill(targetsOfPart.lt(Scalars.Of(0)), Scalars.Of(0)).MoveToOuterDisposeScope());
        }

        return losses.Count == 1 ? losses[0] : cat(losses, 0);
    }
}
