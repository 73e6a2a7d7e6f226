using HeadScope.ModelCore.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace HeadScope.ModelCore.Torch;

/// <summary>A batch's copies as pairs, ordered by destination, on a device. All layers of a batch read the same.</summary>
internal sealed class CopyPairs
{
    readonly int[] _firstOfRow; // [sequence + 1]
    readonly torch.Tensor _destinations; // [pair]: batch * position
    readonly torch.Tensor _sources; // [pair]: batch * position
    readonly torch.Tensor _cells; // [pair]: where [dest, src] lies in a pattern [batch, head, dest, src], for head 0

    CopyPairs(int[] firstOfRow, torch.Tensor[] pairs) => (_firstOfRow, _destinations, _sources, _cells) = (firstOfRow, pairs[0], pairs[1], pairs[2]);

    public static CopyPairs Of(CopySources copies, int heads, Constants latest, Device device)
    {
        var (rows, context) = copies.Batch;
        var firstOfRow = new int[rows + 1];
        for (var row = 0; row < rows; row++)
        {
            firstOfRow[row + 1] = firstOfRow[row];
            for (var position = row * context; position < (row + 1) * context; position++)
                firstOfRow[row + 1] += copies.Of(position).Length;
        }

        return new CopyPairs(firstOfRow, latest.Get((copies, heads), () =>
        {
            long[] destinations = new long[copies.Count], sources = new long[copies.Count], cells = new long[copies.Count];
            var pair = 0;
            for (var position = 0; position < copies.Batch.Positions; position++)
            {
                var (row, destination) = Math.DivRem(position, context);
                foreach (var source in copies.Of(position))
                {
                    destinations[pair] = position;
                    sources[pair] = row * context + source;
                    cells[pair++] = ((long)row * heads * context + destination) * context + source;
                }
            }

            return [.. new[] { destinations, sources, cells }.Select(indices => HostMemory.ToDevice(tensor(indices), device))];
        }));
    }

    /// <summary>
    /// Adds what some sequences' copies contribute: to <paramref name="moverAttn"/> the attention paid to them, to
    /// <paramref name="moverDla"/> the same times their value's product with the target direction. Both are [batch * dest, head].
    /// </summary>
    /// <param name="pattern">[sequence * head, dest, src] of <paramref name="rows"/> sequences from <paramref name="firstRow"/> on.</param>
    /// <param name="value">[batch * src, key-value head * d_head].</param>
    /// <param name="directions">[batch * dest, head * d_head].</param>
    /// <param name="most">How many numbers an intermediate result may have.</param>
    public void Add(torch.Tensor pattern, torch.Tensor value, torch.Tensor directions, HeadShape heads, int context, int firstRow, int rows, long most, torch.Tensor moverAttn, torch.Tensor moverDla)
    {
        var cellsOfHead = (long)context * context;
        var flat = pattern.flatten();
        var offsets = arange(Scalars.Of(0), Scalars.Of(heads.Heads), Scalars.One, device: pattern.device)
            .mul(Scalars.Of(cellsOfHead)).sub(Scalars.Of(firstRow * heads.Heads * cellsOfHead)).unsqueeze(0); // [1, head]
        var (first, end) = (_firstOfRow[firstRow], _firstOfRow[firstRow + rows]);
        var atATime = (int)Math.Max(1, most / (heads.Heads * heads.Size));
        for (var pair = first; pair < end; pair += atATime)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(atATime, end - pair);
            var destinations = _destinations.narrow(0, pair, count);
            var cells = _cells.narrow(0, pair, count).unsqueeze(1).add(offsets, Scalars.One); // [pair, head]
            var attention = flat.index_select(0, cells.flatten()).view(count, heads.Heads);
            var values = value.index_select(0, _sources.narrow(0, pair, count)).view(count, heads.KeyValueHeads, 1, heads.Size);
            var along = directions.index_select(0, destinations).view(count, heads.KeyValueHeads, heads.Heads / heads.KeyValueHeads, heads.Size)
                .mul_(values).sum(-1).view(count, heads.Heads); // [pair, head]
            moverAttn.index_add_(0, destinations, attention, Scalars.One);
            moverDla.index_add_(0, destinations, along.mul_(attention), Scalars.One);
        }
    }
}
