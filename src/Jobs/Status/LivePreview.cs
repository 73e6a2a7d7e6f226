using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.ModelCore.Model;

namespace HeadScope.Jobs.Status;

/// <summary>The head frame of a job's shards so far, from their histograms. Each shard's statistics are read and merged once.</summary>
public sealed class LivePreview(IBlobStore store, JobFolder folder, JobSpec spec, JobPlan plan, TimeProvider time)
{
    /// <summary>How often to look, at the most, which shards there are.</summary>
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    readonly ShardShape _shape = new(spec, plan);
    readonly LookClock _looks = new(time);
    readonly SemaphoreSlim _gate = new(1, 1);
    readonly HashSet<int> _shards = [];
    HeadStatistics? _statistics; // null before the first shard
    int _rows;

    /// <summary>Merges the statistics of a shard that was committed just now, so that it need not be read when somebody looks.</summary>
    public async Task AddAsync(int shard, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await MergeAsync([shard], cancellation).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Scores of all shards that are in the store by now, whoever committed them.</summary>
    public async Task<JobPreview> ReadAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (_looks.IsDue(LookInterval))
            {
                IEnumerable<int> committed = [];
                await _looks.LookAsync(async () => committed = await JobStore.CommittedShardsAsync(store, folder, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
                await MergeAsync(committed, cancellation).ConfigureAwait(false);
            }

            return Of(_statistics ?? _shape.NewStatistics(), _rows, spec);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Merges the shards that have not been merged. What cannot be read is left out: the reduction names it.</summary>
    async Task MergeAsync(IEnumerable<int> shards, CancellationToken cancellation)
    {
        foreach (var shard in shards.Where(shard => shard < plan.Shards && !_shards.Contains(shard)))
        {
            var name = folder.ShardStats(shard);
            try
            {
                if (await store.TryReadAsync(name, _shape.MostStatsBytes, cancellation).ConfigureAwait(false) is not { } blob)
                    continue;
                _shards.Add(shard);
                var one = _shape.NewStatistics(); // apart: of a damaged shard, some is read before that is seen
                _rows += ShardStatsFile.Read(blob, name, _shape, one).Rows;
                if (_statistics is null)
                    _statistics = one;
                else
                    _statistics.Merge(one);
            }
            catch (Exception e) when (e is InvalidDataException or UnreadableBlobException)
            {
                _shards.Add(shard);
            }
        }
    }

    /// <summary>The preview that statistics give.</summary>
    /// <param name="rows">How many rows they are of.</param>
    public static JobPreview Of(HeadStatistics statistics, int rows, JobSpec spec) => new(
        rows, spec.Scores.Quantile, [.. statistics.Selection.Scores.Select(score => score.Name)], statistics.Selection.Headline.Name,
        [
            .. Enumerable.Range(0, statistics.Heads).Select(head =>
            {
                int layer = head / spec.Model.HeadsPerLayer, inLayer = head % spec.Model.HeadsPerLayer;
                return new HeadPreview(
                    layer, inLayer, ModelConfig.HeadLabel(layer, inLayer),
                    [.. statistics.Selection.Scores.Select(score => statistics.Preview(head, score, spec.Scores.Quantile))]);
            }),
        ]);
}
