namespace HeadScope.Jobs.Leasing;

/// <summary>A process of a cluster, whose members watch each other.</summary>
/// <param name="Name">Unlike that of any other process, in this cluster or another, at any time.</param>
/// <param name="HasEnded">Whether a process of that name is known to have ended. False where nothing is known of it.</param>
public sealed record ClusterProcess(string Name, Predicate<string> HasEnded);
