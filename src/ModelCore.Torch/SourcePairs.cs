using HeadScope.ModelCore.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace HeadScope.ModelCore.Torch;

/// <summary>A batch's sources of one set as pairs, ordered by destination, on a device. All layers of a batch read the same.</summary>
internal sealed class SourcePairs
{
    readonly int[] _firstOfSequence; // [sequence + 1]
    readonly torch.Tensor _destinations; // [pair]: batch * position
    readonly torch.Tensor _sources; // [pair]: batch * position
    readonly torch.Tensor _cells; // [pair]: where [dest, src] lies in a pattern [batch, head, dest, src], for head 0

    SourcePairs(int[] firstOfSequence, torch.Tensor[] pairs) =>
        (_firstOfSequence, _destinations, _sources, _cells) = (firstOfSequence, pairs[0], pairs[1], pairs[2]);

    /// <param name="latest">Where those of the latest batches are kept.</param>
    public static SourcePairs Of(SourceLists lists, int heads, Constants latest, Device device)
    {
        var (sequences, context) = lists.Batch;
        int[] firstOfSequence = [.. Enumerable.Range(0, sequences + 1).Select(lists.CountBefore)];
        return new SourcePairs(firstOfSequence, latest.Get((lists, heads), () =>
        {
            long[] destinations = new long[lists.Count], sources = new long[lists.Count], cells = new long[lists.Count];
            var pair = 0;
            for (var position = 0; position < lists.Batch.Positions; position++)
            {
                var (row, destination) = Math.DivRem(position, context);
                foreach (var source in lists.Of(position))
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
    /// Adds what some sequences' sources contribute: to <paramref name="attention"/> the attention paid to them, to
    /// <paramref name="contribution"/> the same times their value's product with the target direction. Both are [batch * dest, head].
    /// </summary>
    /// <param name="pattern">[sequence * head, dest, src] of <paramref name="rows"/> sequences from <paramref name="firstRow"/> on.</param>
    /// <param name="value">[batch * src, key-value head * d_head].</param>
    /// <param name="directions">[batch * dest, head * d_head]; null where no contribution is wanted.</param>
    /// <param name="most">How many numbers an intermediate result may have.</param>
    public void Add(
        torch.Tensor pattern, torch.Tensor value, torch.Tensor? directions, HeadShape heads, int context, int firstRow, int rows, long most,
        torch.Tensor? attention, torch.Tensor? contribution)
    {
        var cellsOfHead = (long)context * context;
        var flat = pattern.flatten();
        var offsets = arange(Scalars.Of(0), Scalars.Of(heads.Heads), Scalars.One, device: pattern.device)
            .mul(Scalars.Of(cellsOfHead)).sub(Scalars.Of(firstRow * heads.Heads * cellsOfHead)).unsqueeze(0); // [1, head]
        var (first, end) = (_firstOfSequence[firstRow], _firstOfSequence[firstRow + rows]);
        var atATime = (int)Math.Max(1, most / (heads.Heads * heads.DHead));
        for (var pair = first; pair < end; pair += atATime)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(atATime, end - pair);
            var destinations = _destinations.narrow(0, pair, count);
            var cells = _cells.narrow(0, pair, count).unsqueeze(1).add(offsets, Scalars.One); // [pair, head]
            var paid = flat.index_select(0, cells.flatten()).view(count, heads.Heads);
            attention?.index_add_(0, destinations, paid, Scalars.One);
            if (contribution is null)
                continue;
            var values = value.index_select(0, _sources.narrow(0, pair, count)).view(count, heads.KeyValueHeads, 1, heads.DHead);
            var along = directions!.index_select(0, destinations).view(
                count, heads.KeyValueHeads, heads.Heads / heads.KeyValueHeads, heads.DHead)
                .mul_(values).sum(-1).view(count, heads.Heads); // [pair, head]
            contribution.index_add_(0, destinations, along.mul_(paid), Scalars.One);
        }
    }
}
