using System.Runtime.InteropServices;
using HeadScope.Data.Frames;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Shards;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Reduction;

/// <summary>token_loss.parquet, one row for each predicted position, streamed from the shards in order; and sums over it.</summary>
public sealed class TokenLossTable(CommittedShards shards)
{
    public static IReadOnlyList<ColumnSpec> Columns { get; } =
    [
        new("row", ColumnType.Int32), new("pos", ColumnType.Int32), new("token", ColumnType.Int32), new("loss", ColumnType.Float),
        new("num_copies", ColumnType.Int32), new("is_movable", ColumnType.Boolean), new("is_induction", ColumnType.Boolean),
    ];

    readonly LossTally _loss = new();
    long _positions;
    long _movable;
    long _induction;

    public async Task WriteAsync(Stream stream, ParquetOptions options, CancellationToken cancellation)
    {
        using var writer = new ParquetWriter(stream, Columns, options);
        SectionBuffer descriptions = new(), flags = new();
        foreach (var record in shards.Records)
        {
            var description = await shards.ReadSectionAsync(record, ShardScoresFile.DescriptionSection, descriptions, cancellation)
                .ConfigureAwait(false);
            var flag = await shards.ReadSectionAsync(record, ShardScoresFile.FlagsSection, flags, cancellation).ConfigureAwait(false);
            Append(writer, record, description.Span, flag.Span);
        }

        writer.Complete();
    }

    /// <summary>Of the rows written.</summary>
    public JobSummary Summarize(HeadStatistics statistics)
    {
        long ratioNans = 0, nans = 0, infinities = 0;
        foreach (var score in statistics.Selection.Scores)
        {
            foreach (var moments in Enumerable.Range(0, statistics.Heads).Select(
                head => statistics.Of(head, score, Population.All).Moments))
            {
                if (score is StoredScore)
                    (nans, infinities) = (nans + moments.NaNs, infinities + moments.Infinities);
                else
                    ratioNans += moments.NaNs;
            }
        }

        return new JobSummary(
            _positions, _loss.Mean, (double)_movable / _positions, (double)_induction / _positions, ratioNans, _loss.NonFinite,
            nans + infinities == 0 ? null : new NonFiniteScores(nans, infinities));
    }

    void Append(ParquetWriter writer, ShardRecord record, ReadOnlySpan<byte> description, ReadOnlySpan<byte> flags)
    {
        var n = record.Positions;
        var numbers = MemoryMarshal.Cast<byte, int>(description);
        var tokens = numbers[..n].ToArray();
        var loss = MemoryMarshal.Cast<int, float>(numbers.Slice(n, n)).ToArray();
        var copies = numbers.Slice(2 * n, n).ToArray();
        int[] rows = new int[n], positions = new int[n];
        bool[] movable = new bool[n], induction = new bool[n];
        for (var row = 0; row < record.Rows; row++)
        {
            _loss.AddRow(record.FirstRow + row, loss.AsSpan(row * record.PositionsPerRow, record.PositionsPerRow));
            for (var p = 0; p < record.PositionsPerRow; p++)
            {
                var i = row * record.PositionsPerRow + p;
                rows[i] = record.FirstRow + row;
                positions[i] = p;
                movable[i] = copies[i] > 0;
                induction[i] = flags[i] != 0;
                _movable += movable[i] ? 1 : 0;
                _induction += induction[i] ? 1 : 0;
            }
        }

        _positions += n;
        writer.Append(rows, positions, tokens, loss, copies, movable, induction);
    }
}
