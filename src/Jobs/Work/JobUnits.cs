using System.Globalization;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Work;

/// <summary>A job's units: the shards, and the columns of the weights where they are wanted.</summary>
public sealed record JobUnits(JobPlan Plan, bool WeightsColumns)
{
    /// <summary>The unit that is not a shard.</summary>
    public const string WeightsUnit = "weights";

    public int Count => Plan.Shards + (WeightsColumns ? 1 : 0);

    /// <summary>The rows of a unit; null for the columns of the weights.</summary>
    public ShardRange? RangeOf(string unit) => unit == WeightsUnit ? null : Plan.Range(int.Parse(unit, CultureInfo.InvariantCulture));

    /// <summary>Names of the units, in the order in which they are handed out.</summary>
    /// <param name="firstShard">Shards before it are left out.</param>
    public IEnumerable<string> From(int firstShard)
    {
        for (var shard = firstShard; shard < Plan.Shards; shard++)
            yield return JobFolder.ShardName(shard);
        if (WeightsColumns)
            yield return WeightsUnit;
    }

    /// <summary>Reads from the store which units are done; what belongs to another plan is none of them.</summary>
    /// <exception cref="JobStoppedException">The job was cancelled or has failed.</exception>
    public async Task<IReadOnlyList<string>> DoneAsync(IBlobStore store, JobFolder folder, CancellationToken cancellation)
    {
        if (await store.ExistsAsync(folder.Cancelled, cancellation).ConfigureAwait(false))
            throw new JobStoppedException($"The job {folder.Id} was cancelled.") { Cancelled = true };
        if (await store.TryReadAsync(folder.Failed, cancellation).ConfigureAwait(false) is { } failed)
            throw new JobStoppedException(JobJson.Read<JobFailure>(failed, folder.Failed).Message);
        var done = (await ShardLedger.CommittedShardsAsync(store, folder, cancellation).ConfigureAwait(false))
            .Where(shard => shard < Plan.Shards).Select(JobFolder.ShardName).ToList();
        if (WeightsColumns && await store.ExistsAsync(folder.WeightsColumns, cancellation).ConfigureAwait(false))
            done.Add(WeightsUnit);
        return done;
    }
}
