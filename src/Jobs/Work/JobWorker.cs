using System.Diagnostics;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Work;

/// <summary>
/// The loop that does a job, on every engine: lease a unit, score it, commit it, again, until none is left.
/// </summary>
/// <param name="presence">Knows whether the job is still there.</param>
/// <param name="weightsColumns">Computes the columns of the weights; null where the job leaves them out.</param>
/// <param name="thread">Where it computes; null for whichever thread the loop is on.</param>
public sealed class JobWorker(
    string name, JobFolder folder, JobSpec spec, JobPlan plan, int heads, IBlobStore store, JobPresence presence, UnitLeases leases,
    IShardScorer scorer,
    Func<WeightsColumns>? weightsColumns, IJobObserver observer, TimeProvider time, DeviceThread? thread = null)
{
    /// <summary>How often to look whether others have finished, where only their work is left.</summary>
    static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(0.5);

    readonly ScoreTable _scores = new(spec.Scores.Selection, heads, spec.Tokens.Context, Math.Min(plan.ShardRows, plan.Rows));
    readonly ShardCounter _counter = new(spec.Scores.Selection);
    readonly JobFailures _failures = new(store, folder, presence, time);

    /// <exception cref="JobStoppedException">The job failed, here or elsewhere, or was cancelled.</exception>
    /// <exception cref="StoreException">The store failed; the job can be resumed.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (await leases.TryLeaseAsync(name, cancellation).ConfigureAwait(false) is { } lease)
                await WorkAsync(lease, cancellation).ConfigureAwait(false);
            else if (leases.IsComplete)
                return;
            else
                await Task.Delay(PollInterval, time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Does one unit of work, and gives its lease back.</summary>
    /// <exception cref="JobStoppedException">The unit failed too often, and the job with it; or the job was deleted.</exception>
    /// <exception cref="StoreException">The store failed; the job can be resumed.</exception>
    public async Task WorkAsync(Lease lease, CancellationToken cancellation)
    {
        var done = false;
        using var span = JobSpans.Unit(lease.Claim.Unit, lease.Shard, name, scorer.Device);
        try
        {
            if (lease.Shard is { } shard)
                await ScoreAsync(shard, cancellation).ConfigureAwait(false);
            else
                await ComputeWeightsColumnsAsync(cancellation).ConfigureAwait(false);
            done = true;
        }
        catch (StoreException e)
        {
            // Where the job was deleted, what was being written went with its folder.
            if (await presence.IsGoneAsync(cancellation).ConfigureAwait(false))
                throw JobPresence.Deleted(folder, e);
            throw;
        }
        catch (Exception e) when (e is not JobStoppedException && !cancellation.IsCancellationRequested)
        {
            span.Fail(e);
            observer.ShardFailed(lease.Claim.Unit, e);
            await _failures.RecordAsync(lease.Claim.Unit, e, cancellation).ConfigureAwait(false);
            observer.Retrying(lease.Claim.Unit, e);
        }
        finally
        {
            // Also when cancelled: others may have the unit at once.
            await (done ? leases.CompleteAsync(lease, CancellationToken.None) : leases.AbandonAsync(lease, CancellationToken.None))
                .ConfigureAwait(false);
        }
    }

    async Task ScoreAsync(ShardRange shard, CancellationToken cancellation)
    {
        observer.ShardStarted(shard);
        var started = time.GetUtcNow();
        var clock = Stopwatch.StartNew();
        _scores.Clear();
        double scoreSeconds, distance;
        using (JobSpans.Score())
        {
            (scoreSeconds, distance) = await ComputeAsync(() =>
            {
                clock.Restart(); // what it waited for the device is no work
                scorer.Score(shard, _scores, observer.RowsScored, cancellation);
                return (Lap(), scorer.Distance);
            }, cancellation).ConfigureAwait(false);
        }

        clock.Restart();
        HeadStatistics statistics;
        using (JobSpans.Count())
            statistics = _counter.Count(_scores, shard.FirstRow, spec.Scores.Examples);
        var countSeconds = Lap();
        if (statistics.Imbalance(_scores.Positions) is { } imbalance)
            throw new InvalidDataException($"The counts of shard {shard.Shard} do not add up: {imbalance}.");

        using var storing = JobSpans.Store();
        var attempt = Guid.NewGuid().ToString("N")[..12];
        var blob = folder.ShardScores(shard.Shard, attempt);
        var withSources = ShardScoresFile.CountWithSources(_scores);
        var checksums = await ShardScoresFile.WriteAsync(_scores, withSources, store, blob, cancellation).ConfigureAwait(false);
        var record = new ShardRecord(
            spec.Id, shard.Shard, shard.FirstRow, shard.Rows, _scores.PositionsPerSequence, blob, checksums, withSources,
            new ShardWork(name, scorer.Device, started, scorer.ReadSeconds, scoreSeconds - scorer.ReadSeconds, countSeconds, Lap(), distance));

        // This is the commit. Whoever comes second throws its scores away.
        await presence.KeepAsync([blob], cancellation).ConfigureAwait(false);
        if (await store.TryCreateAsync(
            folder.ShardStats(shard.Shard), ShardStatsFile.Write(record, statistics), cancellation).ConfigureAwait(false))
        {
            await presence.KeepAsync([blob, folder.ShardStats(shard.Shard)], cancellation).ConfigureAwait(false);
            observer.ShardCommitted(record, statistics);
        }
        else
        {
            observer.ShardDuplicate(shard);
            await store.DeleteAsync(blob, cancellation).ConfigureAwait(false);
        }

        double Lap()
        {
            var seconds = clock.Elapsed.TotalSeconds;
            clock.Restart();
            return seconds;
        }
    }

    async Task ComputeWeightsColumnsAsync(CancellationToken cancellation)
    {
        var columns = await ComputeAsync(weightsColumns!, cancellation).ConfigureAwait(false);
        if (await store.TryCreateAsync(folder.WeightsColumns, JobJson.Write(columns), cancellation).ConfigureAwait(false))
            await presence.KeepAsync([folder.WeightsColumns], cancellation).ConfigureAwait(false);
    }

    Task<T> ComputeAsync<T>(Func<T> compute, CancellationToken cancellation) =>
        thread is null ? Task.FromResult(compute()) : thread.RunAsync(compute, cancellation);
}
