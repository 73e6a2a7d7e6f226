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
    readonly bool[] _done = new bool[units.Count];
    readonly Holding?[] _held = new Holding?[units.Count];
    int _generation = firstGeneration;
    int _firstOpen; // units before this are done
    int _end; // none from this on is held
    int _doneCount;
    int _rowsDone;

    public int Units => units.Count;

    public bool IsComplete => Done == units.Count;

    /// <summary>Units that are done.</summary>
    public int Done => Volatile.Read(ref _doneCount);

    public int RowsDone => Volatile.Read(ref _rowsDone);

    /// <summary>Units in work, lapsed leases not counted.</summary>
    public int Leased
    {
        get
        {
            var leased = 0;
            lock (_gate)
            {
                for (var unit = _firstOpen; unit < _end; unit++)
                    leased += _held[unit] is { } held && !HasLapsed(held) ? 1 : 0;
            }

            return leased;
        }
    }

    /// <summary>The next unit that is neither done nor held; null where there is none.</summary>
    public Lease? TryLease(string worker)
    {
        lock (_gate)
        {
            while (_firstOpen < units.Count && _done[_firstOpen])
                _firstOpen++;
            for (var unit = _firstOpen; unit < units.Count; unit++)
            {
                if (_done[unit] || (_held[unit] is { } held && !HasLapsed(held)))
                    continue;
                var claim = new Claim(units.NameOf(unit), unchecked(++_generation));
                Hold(unit, claim, worker);
                return new Lease(claim, units.RangeOf(claim.Unit));
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
            if (units.IndexOf(claim.Unit) is not { } unit || _done[unit] || (_held[unit] is { } held && held.Generation != claim.Generation && !HasLapsed(held)))
                return false;
            Hold(unit, claim, worker);
            return true;
        }
    }

    /// <summary>A unit is done, whoever did it.</summary>
    /// <returns>Whether that was news.</returns>
    public bool Complete(int unit)
    {
        lock (_gate)
        {
            _held[unit] = null;
            if (_done[unit])
                return false;
            _done[unit] = true;
            _doneCount++;
            _rowsDone += units.RangeOf(units.NameOf(unit))?.Rows ?? 0;
            return true;
        }
    }

    /// <summary>Gives a unit back; without effect where the lease is not the last one of its unit.</summary>
    public void Abandon(Claim claim)
    {
        lock (_gate)
        {
            if (units.IndexOf(claim.Unit) is { } unit && _held[unit]?.Generation == claim.Generation)
                _held[unit] = null;
        }
    }

    /// <summary>Takes back at once the units of workers that are known to be gone.</summary>
    public void AbandonAll(Func<string, bool> isGone)
    {
        lock (_gate)
        {
            for (var unit = _firstOpen; unit < _end; unit++)
            {
                if (_held[unit] is { } held && isGone(held.Worker))
                    _held[unit] = null;
            }
        }
    }

    void Hold(int unit, Claim claim, string worker)
    {
        _held[unit] = new Holding(claim.Generation, worker, time.GetTimestamp());
        _end = Math.Max(_end, unit + 1);
    }

    bool HasLapsed(Holding held) => time.GetElapsedTime(held.Renewed) >= duration;

    /// <param name="Renewed">When its holder last gave a sign of life, as a timestamp.</param>
    sealed record Holding(int Generation, string Worker, long Renewed);
}
