namespace HeadScope.Jobs.Shards;

/// <summary>What a committed shard says of itself beside its statistics.</summary>
/// <param name="JobId">The job it belongs to.</param>
/// <param name="ScoresBlob">The blob with its scores.</param>
/// <param name="Checksums">CRC-32C of that blob's sections.</param>
/// <param name="WithSources">For each set of the selection, at how many positions it has sources.</param>
/// <param name="Work">Who did it and how long it took.</param>
public sealed record ShardRecord(
    string JobId, int Shard, int FirstRow, int Rows, int PositionsPerRow, string ScoresBlob, uint[] Checksums,
    IReadOnlyList<int> WithSources, ShardWork Work)
{
    public int Positions => Rows * PositionsPerRow;
}

/// <summary>Who scored a shard, and the seconds of each stage.</summary>
/// <param name="Distance">The scorer's from float64; null in shards that an older version committed.</param>
public sealed record ShardWork(
    string Worker, string Device, DateTimeOffset Started, double ReadSeconds, double ScoreSeconds, double CountSeconds, double StoreSeconds,
    double? Distance = null)
{
    /// <summary>The device without what may differ from run to run: which of several it was, threads, instruction sets.</summary>
    public string DeviceKind() => Device.Split(" (")[0].Split(':')[0];
}
