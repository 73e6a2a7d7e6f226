using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Pool;

/// <summary>A job of a pool, and who is at it. The last to leave a closed job shuts its session.</summary>
/// <param name="report">Told of what goes wrong then: whoever leaves has other jobs to turn to.</param>
internal sealed class PooledJob(JobSession session, PooledJob.Rows rows, TimeProvider time, Action<Exception> report)
{
    readonly Lock _gate = new();
    bool _closed;
    bool _reducing;
    long _aloneUntil;

    public JobSession Session => session;

    public double? TokensPerSecond => rows.PerSecond * session.Spec.Tokens.Context;

    public JobControl Control { get; set; } = JobControl.Default;

    /// <summary>Its place among the jobs, as it was last said: for jobs that no worker has turned to.</summary>
    public int Rank { get; set; }

    /// <summary>Workers at it.</summary>
    public int Workers { get; private set; }

    /// <summary>When a worker last turned to it, as a timestamp.</summary>
    public long LastTurn { get; private set; }

    /// <summary>Whether a worker should turn to it now.</summary>
    public bool IsOpen => !Control.Paused && time.GetTimestamp() >= Volatile.Read(ref _aloneUntil);

    /// <summary>There is nothing to do for it for a while.</summary>
    public void LeaveAlone(TimeSpan span) =>
        Volatile.Write(ref _aloneUntil, time.GetTimestamp() + (long)(span.TotalSeconds * time.TimestampFrequency));

    public bool TryEnter()
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            Workers++;
            LastTurn = time.GetTimestamp();
            return true;
        }
    }

    public async ValueTask ExitAsync()
    {
        bool last;
        lock (_gate)
            last = --Workers == 0 && _closed;
        if (last)
            await ShutAsync().ConfigureAwait(false);
    }

    public async ValueTask CloseAsync()
    {
        bool last;
        lock (_gate)
        {
            last = Workers == 0 && !_closed;
            _closed = true;
        }

        if (last)
            await ShutAsync().ConfigureAwait(false);
    }

    /// <summary>One worker of this process at a time reduces.</summary>
    public bool TryStartReducing()
    {
        lock (_gate)
            return !_reducing && (_reducing = true);
    }

    public void StopReducing()
    {
        lock (_gate)
            _reducing = false;
    }

    async ValueTask ShutAsync()
    {
        try
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            report(e);
        }
    }

    /// <summary>Measures how fast rows are scored.</summary>
    internal sealed class Rows(TimeProvider time) : IJobObserver
    {
        readonly RateMeter _rate = new(time);

        public double? PerSecond => _rate.PerSecond;

        public void RowsScored(int rows) => _rate.Add(rows);
    }
}
