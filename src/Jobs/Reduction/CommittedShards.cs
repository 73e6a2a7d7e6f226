using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Reduction;

/// <summary>All the shards of a job, in order: their records, their merged statistics, and their scores by section.</summary>
public sealed class CommittedShards
{
    /// <summary>What is read at once, at the most, unless one section alone is more.</summary>
    const int BytesTogether = 16 << 20;

    readonly IBlobStore _store;

    readonly ShardShape _shape;

    CommittedShards(IBlobStore store, ShardShape shape, IReadOnlyList<ShardRecord> records, HeadStatistics statistics)
    {
        _shape = shape;
        _store = store;
        Records = records;
        Statistics = statistics;
    }

    public IReadOnlyList<ShardRecord> Records { get; }

    /// <summary>Of all shards together.</summary>
    public HeadStatistics Statistics { get; }

    /// <param name="threads">How many shards to read at a time.</param>
    /// <exception cref="InvalidDataException">A shard is missing, damaged, of another job or plan, or does not add up; the message names
    /// it.</exception>
    public static async Task<CommittedShards> ReadAsync(
        IBlobStore store, JobFolder folder, JobSpec spec, JobPlan plan, int heads, int threads, CancellationToken cancellation)
    {
        var shape = new ShardShape(spec, plan);
        if (shape.Heads != heads)
            throw new InvalidDataException($"Job {spec.Id} is of {shape.Heads} heads, and its model has {heads}.");
        var lengths = new Dictionary<string, long>();
        await foreach (var blob in store.ListAsync(folder.Shards, cancellation).ConfigureAwait(false))
            lengths[blob.Name] = blob.Length;
        var records = new ShardRecord[plan.Shards];
        var partial = Enumerable.Range(0, Math.Max(1, threads)).Select(_ => shape.NewStatistics()).ToArray();
        await Task.WhenAll(partial.Select((merged, thread) => Task.Run(async () =>
        {
            for (var shard = thread; shard < plan.Shards; shard += partial.Length)
                records[shard] = await MergeAsync(shard, merged).ConfigureAwait(false);
        }, cancellation))).ConfigureAwait(false);

        var all = partial[0];
        foreach (var other in partial.Skip(1))
            all.Merge(other);
        if (all.Imbalance((long)plan.Rows * (spec.Tokens.Context - 1)) is { } total)
            throw new InvalidDataException($"The shards of job {spec.Id} do not add up: {total}.");
        return new CommittedShards(store, shape, records, all);

        async Task<ShardRecord> MergeAsync(int shard, HeadStatistics merged)
        {
            var name = folder.ShardStats(shard);
            if (lengths.GetValueOrDefault(name) > shape.MostStatsBytes)
                throw Damaged($"it has {lengths[name]:N0} bytes, where at most {shape.MostStatsBytes:N0} are possible");
            var blob = await store.TryReadAsync(name, shape.MostStatsBytes, cancellation).ConfigureAwait(false)
                ?? throw new InvalidDataException($"{name}: shard {shard} has not been committed. Run the job again to have it scored.");
            var positions = merged.Positions;
            var record = ShardStatsFile.Read(blob, name, shape, merged);
            if (record.Shard != shard)
                throw Damaged($"these are the statistics of shard {record.Shard}, not {shard}");
            if (merged.Imbalance(positions + record.Positions) is { } imbalance)
                throw Damaged($"shard {shard} does not add up: {imbalance}");
            var expected = shape.LayoutOf(record).Length(heads);
            if (lengths.GetValueOrDefault(record.ScoresBlob) != expected
                && await LengthAsync(record.ScoresBlob).ConfigureAwait(false) is var length && length != expected)
                throw Damaged($"the scores of shard {shard}, {record.ScoresBlob}, have {length:N0} bytes, not {expected:N0}");
            return record;

            // File systems that many machines share may list late what another has just written.
            async Task<long> LengthAsync(string scores)
            {
                if (!await store.ExistsAsync(scores, cancellation).ConfigureAwait(false))
                    return 0;
                var stream = await store.OpenReadAsync(scores, cancellation).ConfigureAwait(false);
                await using var _ = stream.ConfigureAwait(false);
                return stream.Length;
            }

            InvalidDataException Damaged(string what) => new($"{name}: {what}. Delete the blob to have the shard scored again.");
        }
    }

    /// <summary>All heads, in groups of neighbours whose sections are worth reading together.</summary>
    /// <param name="most">Heads of a group, at the most.</param>
    public IEnumerable<int[]> HeadGroups(int most)
    {
        var largest = Records.Max(record => _shape.LayoutOf(record).Section(ShardScoresFile.FirstHeadSection).Length);
        return Enumerable.Range(0, Statistics.Heads).Chunk(Math.Clamp(BytesTogether / Math.Max(1, largest), 1, most));
    }

    /// <summary>Reads a section of a shard's scores into <paramref name="buffer"/>, which grows where it must.</summary>
    /// <returns>The section's bytes, in the buffer.</returns>
    /// <exception cref="InvalidDataException">The section is not what was committed.</exception>
    public async Task<Memory<byte>> ReadSectionAsync(ShardRecord record, int section, SectionBuffer buffer, CancellationToken cancellation) =>
        (await ReadSectionsAsync(record, section, 1, buffer, cancellation).ConfigureAwait(false))[0];

    /// <summary>Reads neighbouring sections at once: where the store is far away, a question costs more than its answer.</summary>
    /// <returns>Each section's bytes, in the buffer.</returns>
    /// <exception cref="InvalidDataException">A section is not what was committed.</exception>
    public async Task<IReadOnlyList<Memory<byte>>> ReadSectionsAsync(
        ShardRecord record, int first, int count, SectionBuffer buffer, CancellationToken cancellation)
    {
        var layout = _shape.LayoutOf(record);
        var (start, _) = layout.Section(first);
        var (lastStart, lastLength) = layout.Section(first + count - 1);
        var bytes = buffer.OfLength(checked((int)(lastStart + lastLength - start)));
        await _store.ReadRangeAsync(record.ScoresBlob, start, bytes, cancellation).ConfigureAwait(false);
        var sections = new Memory<byte>[count];
        for (var i = 0; i < count; i++)
        {
            var (offset, length) = layout.Section(first + i);
            sections[i] = bytes.Slice((int)(offset - start), length);
            if (ShardScoresFile.Checksum(sections[i].Span) != record.Checksums[first + i])
                throw new InvalidDataException(
                    $"{record.ScoresBlob}: section {first + i} of shard {record.Shard} is not what was committed (its checksum is " +
                    $"wrong). Delete the shard's .stats blob to have it scored again.");
            if (first + i == ShardScoresFile.FlagsSection && !AreFlags(sections[i].Span, record))
                throw new InvalidDataException(
                    $"{record.ScoresBlob}: section {first + i} of shard {record.Shard} does not say of each position what the shard's " +
                    $"statistics count. Delete the shard's .stats blob to have it scored again.");
        }

        return sections;
    }

    /// <summary>
    /// Whether bytes say yes or no of each position, and of each set yes as often as the record does: what is indexed by them relies on it.
    /// </summary>
    static bool AreFlags(ReadOnlySpan<byte> flags, ShardRecord record)
    {
        if (flags.ContainsAnyExceptInRange((byte)0, (byte)1))
            return false;
        foreach (var (set, count) in record.WithSources.Index())
        {
            if (flags.Slice((1 + set) * record.Positions, record.Positions).Count((byte)1) != count)
                return false;
        }

        return true;
    }
}
