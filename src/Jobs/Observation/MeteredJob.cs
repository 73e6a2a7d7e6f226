using System.Diagnostics.Metrics;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;

namespace HeadScope.Jobs.Observation;

/// <summary>A job while this process works on it: counts what happens to it, and passes it on to another observer.</summary>
public sealed class MeteredJob : IJobObserver, IDisposable
{
    /// <summary>The states of a job that somebody works on, or has.</summary>
    static readonly string[] States = ["running", "reducing", "done", "failed", "cancelled"];

    static readonly Lock Gate = new();
    static readonly List<MeteredJob> Current = []; // those being worked on; with none, the last ones that were
    static readonly int[] Counts = new int[States.Length]; // [state]

    readonly JobSpec _spec;
    readonly JobPlan _plan;
    readonly IJobObserver _inner;
    UnitLeases? _leases;
    int _state = -1;
    bool _isWhole; // all is committed, whoever did it and whatever the leases know of it
    bool _ended;

    public MeteredJob(JobSpec spec, JobPlan plan, IJobObserver inner)
    {
        (_spec, _plan, _inner) = (spec, plan, inner);
        JobInstruments.Announce();
        lock (Gate)
        {
            Current.RemoveAll(job => job._ended);
            Current.Add(this);
            Enter("running");
        }
    }

    /// <summary>Whose counts tell the progress, from when it is there.</summary>
    public void Follow(UnitLeases leases) => Volatile.Write(ref _leases, leases);

    public void RowsScored(int rows)
    {
        JobInstruments.TokensScored((long)rows * (_spec.Tokens.Context - 1));
        _inner.RowsScored(rows);
    }

    public void ShardStarted(ShardRange shard)
    {
        JobInstruments.ShardStarted();
        _inner.ShardStarted(shard);
    }

    public void ShardCommitted(ShardRecord record, HeadStatistics statistics)
    {
        JobInstruments.ShardDone(record.Work);
        _inner.ShardCommitted(record, statistics);
    }

    public void ShardDuplicate(ShardRange shard)
    {
        JobInstruments.ShardDuplicate();
        _inner.ShardDuplicate(shard);
    }

    public void ShardFailed(string unit, Exception cause)
    {
        if (unit != JobUnits.WeightsUnit)
            JobInstruments.ShardFailed();
        _inner.ShardFailed(unit, cause);
    }

    public void Retrying(string unit, Exception cause)
    {
        JobInstruments.Retrying(cause);
        _inner.Retrying(unit, cause);
    }

    public void Reducing()
    {
        lock (Gate)
        {
            _isWhole = true;
            Enter("reducing");
        }

        _inner.Reducing();
    }

    public void Done()
    {
        lock (Gate)
            Enter("done");
    }

    /// <summary>The job is left, for a reason that may, or may not, be an end of the job itself.</summary>
    public void Left(Exception cause)
    {
        lock (Gate)
            Enter(cause is not JobStoppedException stopped ? null : stopped.Cancelled ? "cancelled" : "failed");
    }

    /// <summary>The work on it ends; what became of it was said before, or is not known.</summary>
    public void Dispose()
    {
        lock (Gate)
        {
            _ended = true;
            if (_state >= 0 && States[_state] is "running" or "reducing")
                Enter(null);
        }
    }

    int RowsDone => _isWhole ? _plan.Rows : Volatile.Read(ref _leases)?.RowsDone ?? 0;

    int ShardsWaiting => _isWhole ? 0 : Volatile.Read(ref _leases)?.ShardsWaiting ?? _plan.Shards;

    internal static IEnumerable<Measurement<int>> CountByState()
    {
        lock (Gate)
            return [.. States.Select(
                (state, index) => new Measurement<int>(Counts[index], new KeyValuePair<string, object?>("state", state)))];
    }

    internal static IEnumerable<Measurement<double>> Progress()
    {
        lock (Gate)
        {
            var rows = Current.Sum(job => (double)job._plan.Rows);
            return rows == 0 ? [] : [new(Current.Sum(job => (double)job.RowsDone) / rows)];
        }
    }

    internal static int Waiting()
    {
        lock (Gate)
            return Current.Where(job => !job._ended).Sum(job => job.ShardsWaiting);
    }

    /// <summary>Moves the job to a state; null where it is in none that this process knows.</summary>
    void Enter(string? state)
    {
        if (_state >= 0)
            Counts[_state]--;
        _state = Array.IndexOf(States, state);
        if (_state >= 0)
            Counts[_state]++;
    }
}
