using System.Globalization;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Leasing;

/// <summary>A job's units: the shards, and the columns of the weights where they are wanted.</summary>
public sealed record JobUnits(JobPlan Plan, bool WeightsColumns)
{
    /// <summary>The unit that is not a shard.</summary>
    public const string WeightsUnit = "weights";

    public int Count => Plan.Shards + (WeightsColumns ? 1 : 0);

    /// <summary>The rows of a unit; null for the columns of the weights.</summary>
    public ShardRange? RangeOf(string unit) => unit == WeightsUnit ? null : Plan.Range(int.Parse(unit, CultureInfo.InvariantCulture));

    /// <summary>The units' names, by number: the shards, in order, and after them the columns of the weights.</summary>
    public string NameOf(int unit) => unit < Plan.Shards ? JobFolder.ShardName(unit) : WeightsUnit;

    /// <summary>A unit's number; null where none has the name.</summary>
    public int? IndexOf(string name) =>
        name == WeightsUnit ? WeightsColumns ? Plan.Shards : null
        : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var shard) && shard < Plan.Shards ? shard : null;

    /// <summary>Reads from the store which units are done, by number; blobs of another plan are left out.</summary>
    public async Task<IReadOnlyList<int>> DoneAsync(IBlobStore store, JobFolder folder, CancellationToken cancellation)
    {
        var done = await JobStore.CommittedShardsAsync(store, folder, cancellation).ConfigureAwait(false);
        done.RemoveAll(shard => shard >= Plan.Shards);
        if (WeightsColumns && await store.ExistsAsync(folder.WeightsColumns, cancellation).ConfigureAwait(false))
            done.Add(Plan.Shards);
        return done;
    }

    /// <summary>
    /// Asks the store for each of some units whether it is done, which costs less than
    /// <see cref="DoneAsync(IBlobStore, JobFolder, CancellationToken)"/> where they are few.
    /// </summary>
    public async Task<IReadOnlyList<int>> DoneAsync(
        IReadOnlyList<int> among, IBlobStore store, JobFolder folder, CancellationToken cancellation)
    {
        var done = new List<int>();
        foreach (var unit in among)
        {
            if (await store.ExistsAsync(ResultOf(NameOf(unit), folder), cancellation).ConfigureAwait(false))
                done.Add(unit);
        }

        return done;
    }

    /// <summary>The blob that is there when the unit is done.</summary>
    public string ResultOf(string unit, JobFolder folder) =>
        RangeOf(unit) is { } shard ? folder.ShardStats(shard.Shard) : folder.WeightsColumns;

    /// <exception cref="JobStoppedException">The job was cancelled or deleted, or has failed.</exception>
    /// <exception cref="UnreadableBlobException">It has failed, and nobody can read why.</exception>
    public static async Task ThrowIfStoppedAsync(IBlobStore store, JobFolder folder, CancellationToken cancellation)
    {
        if (!await store.ExistsAsync(folder.Plan, cancellation).ConfigureAwait(false))
            throw JobPresence.Deleted(folder);
        if (await store.ExistsAsync(folder.Cancelled, cancellation).ConfigureAwait(false))
            throw new JobStoppedException($"The job {folder.Id} was cancelled.") { Cancelled = true };
        if (await JobFailure.TryReadAsync(store, folder, cancellation).ConfigureAwait(false) is { } failure)
            throw new JobStoppedException(failure.Message);
    }
}
