namespace HeadScope.Jobs.Specs;

/// <summary>How a job's rows are cut into shards: all of <paramref name="ShardRows"/> rows but the last.</summary>
public sealed record JobPlan(int Rows, int ShardRows)
{
    /// <summary>What one shard's scores may take in a worker's memory.</summary>
    const long ShardScoreBytes = 8L << 20;

    /// <summary>Shards there should be for small datasets, so that several workers have something to do.</summary>
    const int FewestShards = 8;

    const int FewestRows = 8;

    public int Shards => (int)(((long)Rows + ShardRows - 1) / ShardRows);

    public ShardRange Range(int shard)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, Shards);
        var first = shard * ShardRows;
        return new ShardRange(shard, first, Math.Min(ShardRows, Rows - first));
    }

    /// <summary>Shards as large as memory likes, but some for each worker.</summary>
    /// <param name="scores">Scores that are stored of a position: of each head, those of the job.</param>
    public static JobPlan For(int rows, int context, int scores, int? shardRows = null)
    {
        var bytesPerRow = (long)sizeof(float) * scores * Math.Max(1, context - 1);
        var byMemory = Math.Max(1, ShardScoreBytes / bytesPerRow);
        var byCount = Math.Max(FewestRows, (rows + FewestShards - 1) / FewestShards);
        var byLimit = ((long)rows + JobLimits.Shards - 1) / JobLimits.Shards;
        return new JobPlan(rows, shardRows ?? (int)Math.Max(byLimit, Math.Min(byMemory, byCount)));
    }
}

/// <summary>Rows [FirstRow, FirstRow + Rows) of the dataset.</summary>
public readonly record struct ShardRange(int Shard, int FirstRow, int Rows);
