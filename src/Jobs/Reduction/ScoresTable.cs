using HeadScope.Jobs.Shards;
using HeadScope.ModelCore.Frames;

namespace HeadScope.Jobs.Reduction;

/// <summary>scores.parquet: every score of every position and head, in order of row, position, layer and head.</summary>
public static class ScoresTable
{
    public static IReadOnlyList<ColumnSpec> Columns { get; } =
    [
        new("row", ColumnType.Int32), new("pos", ColumnType.Int32), new("layer", ColumnType.Int32), new("head", ColumnType.Int32),
        new("head_dla", ColumnType.Float), new("mover_attn", ColumnType.Float), new("mover_dla", ColumnType.Float),
    ];

    public static async Task WriteAsync(CommittedShards shards, int headsPerLayer, Stream stream, ParquetOptions options, CancellationToken cancellation)
    {
        using var writer = new ParquetWriter(stream, Columns, options);
        var heads = shards.Statistics.Heads;
        var flagBuffer = new SectionBuffer();
        var groups = shards.HeadGroups(most: heads).Select(group => (First: group[0], group.Length, Buffer: new SectionBuffer())).ToList();
        var sections = new List<Memory<byte>>(heads);
        foreach (var record in shards.Records)
        {
            var flags = await shards.ReadSectionAsync(record, 1, flagBuffer, cancellation).ConfigureAwait(false);
            sections.Clear();
            foreach (var (first, length, buffer) in groups)
                sections.AddRange(await shards.ReadSectionsAsync(record, ShardScoresFile.FirstHeadSection + first, length, buffer, cancellation).ConfigureAwait(false));
            Append(writer, record, flags.Span, sections, headsPerLayer);
        }

        writer.Complete();
    }

    static void Append(ParquetWriter writer, ShardRecord record, ReadOnlySpan<byte> flags, List<Memory<byte>> sections, int headsPerLayer)
    {
        var heads = sections.Count;
        var count = record.PositionsPerRow * heads;
        int[] rows = new int[count], positions = new int[count], layers = new int[count], headsInLayer = new int[count];
        float[] dla = new float[count], attention = new float[count], moverDla = new float[count];
        for (var i = 0; i < count; i++)
        {
            positions[i] = i / heads;
            layers[i] = i % heads / headsPerLayer;
            headsInLayer[i] = i % heads % headsPerLayer;
        }

        var firstMovable = 0;
        for (var row = 0; row < record.Rows; row++)
        {
            Array.Fill(rows, record.FirstRow + row);
            var movable = firstMovable;
            for (var head = 0; head < heads; head++)
            {
                var section = new HeadSection(sections[head].Span, record);
                movable = firstMovable;
                for (var p = 0; p < record.PositionsPerRow; p++)
                {
                    var position = row * record.PositionsPerRow + p;
                    var i = p * heads + head;
                    dla[i] = section.HeadDla[position];
                    var isMovable = ((ShardScoresFile.Flags)flags[position] & ShardScoresFile.Flags.Movable) != 0;
                    attention[i] = isMovable ? section.MoverAttn[movable] : 0;
                    moverDla[i] = isMovable ? section.MoverDla[movable] : 0;
                    movable += isMovable ? 1 : 0;
                }
            }

            firstMovable = movable;
            writer.Append(rows, positions, layers, headsInLayer, dla, attention, moverDla);
        }
    }
}
