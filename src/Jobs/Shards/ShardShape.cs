using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Shards;

/// <summary>
/// What the blobs of a job's shards have to be, by its spec and plan: what is not so is neither believed nor made room for.
/// </summary>
public sealed class ShardShape(JobSpec spec, JobPlan plan)
{
    /// <summary>The record's fields but the checksums, and all numbers of a histogram's or a sum's, generously.</summary>
    const int RecordBytes = 1 << 16, ChecksumBytes = 16, PartBytes = 2048, BucketBytes = 13, ExampleBytes = 14;

    readonly JobFolder _folder = new(spec.Id);

    /// <summary>The job's scores.</summary>
    public ScoreSelection Selection => spec.Scores.Selection;

    /// <summary>Of all layers.</summary>
    public int Heads => spec.Model.Layers * spec.Model.HeadsPerLayer;

    /// <summary>Examples kept of each stored score.</summary>
    public int Examples => spec.Scores.Examples;

    /// <summary>The most bytes that the statistics of a shard can have.</summary>
    public long MostStatsBytes => RecordBytes + (long)ChecksumBytes * (Heads + ShardScoresFile.FirstHeadSection)
        + (long)Parts * (PartBytes + (long)BucketBytes * Math.Min(
            1 << 16, (long)Math.Min(plan.ShardRows, plan.Rows) * PositionsPerRow) + 2L * ExampleBytes * Examples);

    /// <summary>The fewest: every part has its counts, extremes and lengths.</summary>
    public long FewestStatsBytes => (long)Parts * 16;

    int Parts => Heads * Selection.Scores.Count * Populations.Counted;

    int PositionsPerRow => spec.Tokens.Context - 1;

    /// <summary>Where things are in a shard's scores.</summary>
    public ShardScoresFile.Layout LayoutOf(ShardRecord record) => new(Selection, record.Positions, record.WithSources);

    /// <summary>Statistics with nothing in them.</summary>
    public HeadStatistics NewStatistics() => new(Selection, Heads, Examples);

    /// <summary>What does not hold of a shard's record, in half a sentence; null where all does.</summary>
    public string? FaultOf(ShardRecord record)
    {
        if (record.JobId != spec.Id || record.Shard < 0 || record.Shard >= plan.Shards)
            return $"it is shard {record.Shard} of {(record.JobId == spec.Id ? "this" : "another")} job, not one of the {plan.Shards} " +
                $"shards of job {spec.Id}";
        var range = plan.Range(record.Shard);
        if ((record.FirstRow, record.Rows) != (range.FirstRow, range.Rows))
            return $"it is of rows {record.FirstRow} to {(long)record.FirstRow + record.Rows}, where shard {record.Shard} has rows " +
                $"{range.FirstRow} to {range.FirstRow + range.Rows}";
        if (record.PositionsPerRow != PositionsPerRow || record.WithSources.Count != Selection.Sets.Count || record.WithSources.Any(count => count < 0 || count > record.Positions) || record.Checksums.Length != Heads + ShardScoresFile.FirstHeadSection)
            return $"it is of {record.PositionsPerRow} positions a row, {record.WithSources.Count} sets of sources and " +
                $"{record.Checksums.Length} sections, where the job has {PositionsPerRow} positions, {Selection.Sets.Count} sets and " +
                $"{Heads} heads";
        return record.ScoresBlob.StartsWith(
            $"{_folder.Shards}{JobFolder.ShardName(record.Shard)}.", StringComparison.Ordinal) && BlobName.Is(record.ScoresBlob)
            && record.ScoresBlob.LastIndexOf('/') == _folder.Shards.Length - 1
                ? null
                : $"it names scores that are not of shard {record.Shard}";
    }
}
