using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.ModelCore.Model;

namespace HeadScope.Jobs.Status;

/// <summary>The head frame of a job's shards so far, from their histograms. Each shard's statistics are read and merged once.</summary>
public sealed class LivePreview(IBlobStore store, JobFolder folder, JobSpec spec)
{
    readonly SemaphoreSlim _gate = new(1, 1);
    readonly HashSet<int> _shards = [];
    readonly HeadStatistics _statistics = new(spec.Model.Layers * spec.Model.HeadsPerLayer, spec.Scores.Examples);
    int _rows;

    /// <summary>Merges the statistics of committed shards, those that have not been. What cannot be read is left out: the reduction names it.</summary>
    public async Task AddAsync(IEnumerable<int> shards, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            foreach (var shard in shards.Where(shard => !_shards.Contains(shard)))
            {
                var name = folder.ShardStats(shard);
                if (await store.TryReadAsync(name, cancellation).ConfigureAwait(false) is not { } blob)
                    continue;
                _shards.Add(shard);
                try
                {
                    _rows += ShardStatsFile.Read(blob, name, Target).Rows;
                }
                catch (InvalidDataException)
                {
                }
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    HeadStatistics Target(int heads, int examples) => (heads, examples) == (_statistics.Heads, _statistics.Examples)
        ? _statistics
        : throw new InvalidDataException($"it is of {heads} heads and {examples} examples, where the job has {_statistics.Heads} and {_statistics.Examples}");

    public async Task<JobPreview> ReadAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return new JobPreview(_rows, spec.Scores.Quantile,
            [
                .. Enumerable.Range(0, _statistics.Heads).Select(head =>
                {
                    int layer = head / spec.Model.HeadsPerLayer, inLayer = head % spec.Model.HeadsPerLayer;
                    float Of(Score score) => _statistics.Of(head, score, Population.All).Histogram.Approximate(spec.Scores.Quantile);
                    return new HeadPreview(
                        layer, inLayer, ModelConfig.HeadLabel(layer, inLayer), Of(Score.HeadDla), Of(Score.MoverAttn), Of(Score.MoverDla), Of(Score.DlaRatio));
                }),
            ]);
        }
        finally
        {
            _gate.Release();
        }
    }
}
