using System.Collections.Concurrent;
using HeadScope.Jobs;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;
using HeadScope.ModelCore.Model;

namespace HeadScope.Silo.Api;

/// <summary>The head frame of the shards so far, from their histograms. Each shard's statistics are read once while somebody looks.</summary>
internal sealed class PreviewReader(JobStore jobs, TimeProvider time)
{
    /// <summary>Statistics are forgotten when nobody has looked for so long.</summary>
    static readonly TimeSpan Idle = TimeSpan.FromMinutes(2);

    /// <summary>Jobs whose statistics are held at a time.</summary>
    const int MostJobs = 8;

    readonly ConcurrentDictionary<string, Merged> _merged = new();

    public async Task<JobPreview> ReadAsync(JobStatus status, CancellationToken cancellation)
    {
        foreach (var (id, old) in _merged)
        {
            if (time.GetElapsedTime(old.Looked) > Idle)
                _merged.TryRemove(id, out _);
        }

        if (_merged.Count >= MostJobs && !_merged.ContainsKey(status.Folder.Id))
            _merged.TryRemove(_merged.MinBy(pair => pair.Value.Looked).Key, out _);
        var merged = _merged.GetOrAdd(status.Folder.Id, _ => new Merged(status.Spec));
        await merged.Gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            merged.Looked = time.GetTimestamp();
            foreach (var shard in status.CommittedShards.Where(shard => !merged.Shards.Contains(shard)))
            {
                var name = status.Folder.ShardStats(shard);
                if (await jobs.Blobs.TryReadAsync(name, cancellation).ConfigureAwait(false) is not { } blob)
                    continue;
                merged.Rows += ShardStatsFile.Read(blob, name, (_, _) => merged.Statistics).Rows;
                merged.Shards.Add(shard);
            }

            return merged.Preview(status.Spec);
        }
        finally
        {
            merged.Gate.Release();
        }
    }

    sealed class Merged(JobSpec spec)
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public HashSet<int> Shards { get; } = [];

        public HeadStatistics Statistics { get; } = new(spec.Model.Layers * spec.Model.HeadsPerLayer, spec.Scores.Examples);

        public int Rows { get; set; }

        public long Looked { get; set; }

        public JobPreview Preview(JobSpec spec) => new(Rows, spec.Scores.Quantile,
        [
            .. Enumerable.Range(0, Statistics.Heads).Select(head =>
            {
                int layer = head / spec.Model.HeadsPerLayer, inLayer = head % spec.Model.HeadsPerLayer;
                float Of(Score score) => Statistics.Of(head, score, Population.All).Histogram.Approximate(spec.Scores.Quantile);
                return new HeadPreview(
                    layer, inLayer, ModelConfig.HeadLabel(layer, inLayer), Of(Score.HeadDla), Of(Score.MoverAttn), Of(Score.MoverDla), Of(Score.DlaRatio));
            }),
        ]);
    }
}
