using HeadScope.Data.Frames;
using HeadScope.Jobs.Shards;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Reduction;

/// <summary>scores.parquet: every score of every position and head, in order of row, position, layer and head.</summary>
public static class ScoresTable
{
    /// <summary>row, pos, layer, head, and each stored score.</summary>
    public static IReadOnlyList<ColumnSpec> Columns(ScoreSelection selection) =>
    [
        new("row", ColumnType.Int32), new("pos", ColumnType.Int32), new("layer", ColumnType.Int32), new("head", ColumnType.Int32),
        .. selection.Stored.Select(score => new ColumnSpec(score.Name, ColumnType.Float)),
    ];

    public static async Task WriteAsync(
        CommittedShards shards, int headsPerLayer, Stream stream, ParquetOptions options, CancellationToken cancellation)
    {
        var selection = shards.Statistics.Selection;
        using var writer = new ParquetWriter(stream, Columns(selection), options);
        var heads = shards.Statistics.Heads;
        var flagBuffer = new SectionBuffer();
        var groups = shards.HeadGroups(most: heads).Select(group => (First: group[0], group.Length, Buffer: new SectionBuffer())).ToList();
        var sections = new List<Memory<byte>>(heads);
        foreach (var record in shards.Records)
        {
            var flags = await shards.ReadSectionAsync(record, ShardScoresFile.FlagsSection, flagBuffer, cancellation).ConfigureAwait(false);
            sections.Clear();
            foreach (var (first, length, buffer) in groups)
                sections.AddRange(await shards.ReadSectionsAsync(
                    record, ShardScoresFile.FirstHeadSection + first, length, buffer, cancellation).ConfigureAwait(false));
            Append(writer, record, flags.Span, sections, selection, headsPerLayer);
        }

        writer.Complete();
    }

    static void Append(
        ParquetWriter writer, ShardRecord record, ReadOnlySpan<byte> flags, List<Memory<byte>> sections, ScoreSelection selection,
        int headsPerLayer)
    {
        var heads = sections.Count;
        var count = record.PositionsPerRow * heads;
        int[] rows = new int[count], positions = new int[count], layers = new int[count], headsInLayer = new int[count];
        var scores = selection.Stored.Select(_ => new float[count]).ToArray();
        for (var i = 0; i < count; i++)
        {
            positions[i] = i / heads;
            layers[i] = i % heads / headsPerLayer;
            headsInLayer[i] = i % heads % headsPerLayer;
        }

        var next = new int[scores.Length]; // of each score, the first value of the row
        for (var row = 0; row < record.Rows; row++)
        {
            Array.Fill(rows, record.FirstRow + row);
            for (var score = 0; score < scores.Length; score++)
                next[score] += Fill(scores[score], selection.Stored[score], next[score], row, flags);
            writer.Append([rows, positions, layers, headsInLayer, .. scores]);
        }

        // A row of one score, [position, head]; how many values that takes.
        int Fill(float[] target, StoredScore score, int first, int row, ReadOnlySpan<byte> flags)
        {
            var stored = score.ZeroWithout is { } set
                ? flags.Slice((1 + selection.IndexOf(set)) * record.Positions + row * record.PositionsPerRow, record.PositionsPerRow)
                : [];
            var taken = 0;
            for (var head = 0; head < heads; head++)
            {
                var values = new HeadSection(sections[head].Span, record, selection)[score];
                taken = 0;
                for (var p = 0; p < record.PositionsPerRow; p++)
                    target[p * heads + head] = stored.IsEmpty || stored[p] != 0 ? values[first + taken++] : 0;
            }

            return taken;
        }
    }
}
