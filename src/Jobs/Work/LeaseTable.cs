using HeadScope.Jobs.Claims;

namespace HeadScope.Jobs.Work;

/// <summary>
/// Which of a job's units are done and who works on which of the others, in memory. A lease lapses when it has not been renewed for
/// its duration. Nothing of it needs to be kept: what is done the store knows, and holders of leases that a new table does not know
/// say so when they renew them.
/// </summary>
/// <param name="duration">How long a holder may be silent.</param>
/// <param name="firstGeneration">Number of the first lease. Tables that follow one another for one job must not count from the same number.</param>
public sealed class LeaseTable(JobUnits units, TimeProvider time, TimeSpan duration, int firstGeneration)
{
    readonly Lock _gate = new();
    readonly HashSet<string> _done = [];
    readonly Dictionary<string, Holding> _held = [];
    int _generation = firstGeneration;
    int _firstOpen; // shards before this are done
    int _rowsDone;

    public int Units => units.Count;

    public bool IsComplete => Done == units.Count;

    /// <summary>Units that are done.</summary>
    public int Done => Locked(() => _done.Count);

    public int RowsDone => Locked(() => _rowsDone);

    /// <summary>Units in work, lapsed leases not counted.</summary>
    public int Leased => Locked(() => _held.Count(held => !HasLapsed(held.Value)));

    /// <summary>The next unit that is neither done nor held; null where there is none.</summary>
    public Lease? TryLease(string worker)
    {
        lock (_gate)
        {
            while (_firstOpen < units.Plan.Shards && _done.Contains(JobFolder.ShardName(_firstOpen)))
                _firstOpen++;
            foreach (var unit in units.From(_firstOpen))
            {
                if (_done.Contains(unit) || (_held.TryGetValue(unit, out var held) && !HasLapsed(held)))
                    continue;
                var claim = new Claim(unit, unchecked(++_generation));
                _held[unit] = new Holding(claim.Generation, worker, time.GetTimestamp());
                return new Lease(claim, units.RangeOf(unit));
            }

            return null;
        }
    }

    /// <summary>Its holder is alive. A lease this table does not know is taken up, where nobody else has the unit.</summary>
    /// <returns>False where the unit is done or somebody else's: what the holder does is no longer needed.</returns>
    public bool Renew(Claim claim, string worker)
    {
        lock (_gate)
        {
            if (_done.Contains(claim.Unit) || (_held.TryGetValue(claim.Unit, out var held) && held.Generation != claim.Generation && !HasLapsed(held)))
                return false;
            _held[claim.Unit] = new Holding(claim.Generation, worker, time.GetTimestamp());
            return true;
        }
    }

    /// <summary>A unit is done, whoever did it.</summary>
    /// <returns>Whether that was news.</returns>
    public bool Complete(string unit)
    {
        lock (_gate)
        {
            _held.Remove(unit);
            if (!_done.Add(unit))
                return false;
            _rowsDone += units.RangeOf(unit)?.Rows ?? 0;
            return true;
        }
    }

    /// <summary>Gives a unit back; without effect where the lease is not the last one of its unit.</summary>
    public void Abandon(Claim claim)
    {
        lock (_gate)
        {
            if (_held.TryGetValue(claim.Unit, out var held) && held.Generation == claim.Generation)
                _held.Remove(claim.Unit);
        }
    }

    /// <summary>Takes back at once the units of workers that are known to be gone.</summary>
    public void AbandonAll(Func<string, bool> isGone)
    {
        lock (_gate)
        {
            foreach (var (unit, _) in _held.Where(held => isGone(held.Value.Worker)).ToList())
                _held.Remove(unit);
        }
    }

    bool HasLapsed(Holding held) => time.GetElapsedTime(held.Renewed) >= duration;

    T Locked<T>(Func<T> read)
    {
        lock (_gate)
            return read();
    }

    /// <param name="Renewed">When its holder last gave a sign of life, as a timestamp.</param>
    sealed record Holding(int Generation, string Worker, long Renewed);
}
