namespace HeadScope.Jobs.Records;

/// <summary>Where a job is, as its folder says.</summary>
public enum JobState
{
    /// <summary>No shard is committed yet.</summary>
    Planned,

    /// <summary>Some shards are committed.</summary>
    Running,

    /// <summary>Somebody asked that no more shards be leased.</summary>
    Paused,

    /// <summary>All shards are committed; the results are not written yet.</summary>
    Reducing,

    /// <summary>The results are there.</summary>
    Done,

    /// <summary>A unit failed too often. Finished shards are kept.</summary>
    Failed,

    /// <summary>Somebody cancelled it. Finished shards are kept.</summary>
    Cancelled,

    /// <summary>
    /// It is there, and a blob that says what it is, or how it is, cannot be read. Nobody works on it, and nobody writes into it.
    /// </summary>
    Unreadable,
}

public static class JobStates
{
    /// <summary>The states' names, as people see them.</summary>
    public static IEnumerable<string> Names => Enum.GetValues<JobState>().Select(Name);

    public static string Name(this JobState state) => state.ToString().ToLowerInvariant();

    /// <summary>The state of a name, in capitals or not; null where there is none.</summary>
    public static JobState? Named(string name) =>
        Enum.GetValues<JobState>().Cast<JobState?>()
            .FirstOrDefault(state => state!.Value.Name().Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether nothing more will happen unless somebody asks for it.</summary>
    public static bool HasEnded(this JobState state) =>
        state is JobState.Done or JobState.Failed or JobState.Cancelled or JobState.Unreadable;
}
