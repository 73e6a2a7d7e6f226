using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;

namespace HeadScope.Client.Output;

/// <summary>How far a job is, as far as this process knows: rates, and a preview of the heads from the histograms so far.</summary>
internal sealed class JobProgress(JobSpec spec, JobPlan plan, TimeProvider time) : IJobObserver, IJobFigures
{
    readonly Lock _gate = new();
    readonly long _started = time.GetTimestamp();
    HeadStatistics? _statistics;
    long _rowsScored;
    int _shards;
    int _failures;
    bool _reducing;

    /// <summary>Rows that were committed before this process started.</summary>
    public int RowsAtStart { get; private set; }

    public int Rows => spec.Tokens.Rows;

    public int Shards => plan.Shards;

    public int ShardsCommitted => Volatile.Read(ref _shards);

    public int Failures => Volatile.Read(ref _failures);

    public bool IsReducing => Volatile.Read(ref _reducing);

    public bool IsPaused => false; // who works here has not paused

    /// <summary>From 0 to 1; batches count as they are scored.</summary>
    public double Share => Math.Min(1, (RowsAtStart + Volatile.Read(ref _rowsScored)) / (double)Rows);

    public double TokensPerSecond => Volatile.Read(ref _rowsScored) * (double)spec.Tokens.Context / Math.Max(1e-3, Elapsed.TotalSeconds);

    public TimeSpan Elapsed => time.GetElapsedTime(_started);

    public TimeSpan? Remaining
    {
        get
        {
            var scored = Volatile.Read(ref _rowsScored);
            return scored == 0 ? null : Elapsed * (Math.Max(0, Rows - RowsAtStart - scored) / (double)scored);
        }
    }

    public void Resume(ShardRecord record, HeadStatistics statistics)
    {
        RowsAtStart += record.Rows;
        Take(statistics);
    }

    public void RowsScored(int rows) => Interlocked.Add(ref _rowsScored, rows);

    public void ShardCommitted(ShardRecord record, HeadStatistics statistics) => Take(statistics);

    public void ShardFailed(string unit, Exception cause) => Interlocked.Increment(ref _failures);

    public void Reducing()
    {
        Volatile.Write(ref _reducing, true);
        lock (_gate)
            _statistics = null; // the reduction reads its own
    }

    public LeadingHeads TopHeads(int count)
    {
        lock (_gate)
            return _statistics is null ? LeadingHeads.None : LeadingHeads.Of(LivePreview.Of(_statistics, 0, spec), count);
    }

    void Take(HeadStatistics statistics)
    {
        lock (_gate)
        {
            _shards++;
            if (_reducing)
                return;
            if (_statistics is null)
                _statistics = statistics;
            else
                _statistics.Merge(statistics);
        }
    }
}
