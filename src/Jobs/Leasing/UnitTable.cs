namespace HeadScope.Jobs.Leasing;

/// <summary>
/// What is known of a job's units, in memory: which are done, whose the others are, and which of them others have claimed. An
/// assignment lapses when it has not been renewed for its duration. Nothing of it needs to be kept: what is done the store knows, and
/// holders of assignments that a new table does not know say so when they renew them.
/// </summary>
/// <remarks>
/// Units are handed out in order. Where others turn out to be at the same units, it goes on at a random place: many processes that
/// all went through the units in one order would try for each that the others have.
/// </remarks>
/// <param name="duration">How long a holder may be silent; infinite where holders end with the table.</param>
/// <param name="firstGeneration">Number of the first assignment. Tables that follow one another for one job must not count from the same
/// number.</param>
public sealed class UnitTable(JobUnits units, TimeProvider time, TimeSpan duration, int firstGeneration)
{
    readonly Lock _gate = new();
    readonly bool[] _done = new bool[units.Count];
    readonly Dictionary<int, Holding> _held = []; // by unit
    HashSet<int> _claimed = []; // by others
    int _generation = firstGeneration;
    int _first; // where to look for a unit first
    int _doneCount;
    int _rowsDone;

    public UnitProgress Progress
    {
        get
        {
            lock (_gate)
                return new UnitProgress(
                    units.Count, _doneCount, _held.Count(held => !_done[held.Key] && !HasLapsed(held.Value)), _rowsDone);
        }
    }

    /// <summary>Units that are not done, by number.</summary>
    public IReadOnlyList<int> Left
    {
        get
        {
            lock (_gate)
                return [.. Enumerable.Range(0, units.Count).Where(unit => !_done[unit])];
        }
    }

    /// <summary>Hands out the next unit that is neither done nor anybody's; null where there is none.</summary>
    public Assignment? TryAssign(string worker)
    {
        lock (_gate)
        {
            var left = units.Count - _doneCount;
            while (left > 0 && _done[_first])
                _first = (_first + 1) % units.Count;
            for (var unit = _first; left > 0; unit = (unit + 1) % units.Count)
            {
                if (_done[unit])
                    continue;
                left--;
                if (_claimed.Contains(unit) || IsHeld(unit))
                    continue;
                var assignment = new Assignment(units.NameOf(unit), unchecked(++_generation));
                Hold(unit, assignment.Generation, worker);
                return assignment;
            }

            return null;
        }
    }

    /// <summary>Its holder is alive. An assignment this table does not know is taken up, where nobody else has the unit.</summary>
    /// <returns>False where the unit is done or somebody else's: what the holder does is no longer needed.</returns>
    public bool Renew(Assignment assignment, string worker)
    {
        lock (_gate)
        {
            if (units.IndexOf(assignment.Unit) is not { } unit || _done[unit]
                || (IsHeld(unit) && _held[unit].Generation != assignment.Generation))
                return false;
            Hold(unit, assignment.Generation, worker);
            return true;
        }
    }

    /// <summary>A unit is done, whoever did it.</summary>
    /// <returns>Whether that was news.</returns>
    public bool Complete(int unit)
    {
        lock (_gate)
        {
            _held.Remove(unit);
            if (_done[unit])
                return false;
            _done[unit] = true;
            _doneCount++;
            _rowsDone += units.RangeOf(units.NameOf(unit))?.Rows ?? 0;
            return true;
        }
    }

    /// <summary>Takes a unit back; without effect where the assignment is not the last one of its unit.</summary>
    public void Abandon(Assignment assignment)
    {
        lock (_gate)
            TryTake(assignment);
    }

    /// <summary>Takes a unit back that others have claimed.</summary>
    public void Refuse(Assignment assignment)
    {
        lock (_gate)
        {
            if (TryTake(assignment) is not { } unit)
                return;
            _claimed.Add(unit);
            _first = Random.Shared.Next(units.Count);
        }
    }

    /// <summary>Takes back at once the units of workers that are known to be gone.</summary>
    public void AbandonAll(Func<string, bool> isGone)
    {
        lock (_gate)
        {
            foreach (var (unit, held) in _held)
            {
                if (isGone(held.Worker))
                    _held.Remove(unit);
            }
        }
    }

    /// <summary>Which units are claimed in the store. Those that were handed out here are not others'.</summary>
    public void NoteClaims(IEnumerable<int> claimed)
    {
        lock (_gate)
            _claimed = [.. claimed.Where(unit => !_held.ContainsKey(unit))];
    }

    /// <summary>Whether a unit was handed out here, and not given back.</summary>
    public bool IsAssigned(string name)
    {
        lock (_gate)
            return units.IndexOf(name) is { } unit && _held.ContainsKey(unit);
    }

    bool IsHeld(int unit) => _held.TryGetValue(unit, out var held) && !HasLapsed(held);

    bool HasLapsed(Holding held) => duration != Timeout.InfiniteTimeSpan && time.GetElapsedTime(held.Renewed) >= duration;

    void Hold(int unit, int generation, string worker)
    {
        _held[unit] = new Holding(generation, worker, time.GetTimestamp());
        _claimed.Remove(unit);
    }

    /// <summary>The assignment's unit, no longer held; null where it is another's by now.</summary>
    int? TryTake(Assignment assignment)
    {
        if (units.IndexOf(assignment.Unit) is not { } unit || !_held.TryGetValue(unit, out var held)
            || held.Generation != assignment.Generation)
            return null;
        _held.Remove(unit);
        return unit;
    }

    /// <param name="Renewed">When its holder last gave a sign of life, as a timestamp.</param>
    sealed record Holding(int Generation, string Worker, long Renewed);
}

/// <summary>A unit that a worker was told to do next.</summary>
/// <param name="Generation">Which of several assignments of one unit.</param>
public sealed record Assignment(string Unit, int Generation);

/// <summary>Where a job is.</summary>
/// <param name="Units">The shards and, where they are wanted, the columns of the weights.</param>
/// <param name="Assigned">Units in work.</param>
/// <param name="RowsDone">Of the shards that are done.</param>
public sealed record UnitProgress(int Units, int Done, int Assigned, int RowsDone)
{
    public bool IsComplete => Done == Units;
}
