namespace HeadScope.Grains.Contracts;

/// <summary>A unit that a worker was told to do.</summary>
/// <param name="Generation">Which of several assignments of one unit.</param>
[GenerateSerializer, Immutable, Alias("HeadScope.HeldUnit")]
public sealed record HeldUnit([property: Id(0)] string Unit, [property: Id(1)] int Generation, [property: Id(2)] string Worker);

/// <summary>Where a job is.</summary>
/// <param name="Assigned">Units in work.</param>
/// <param name="RowsPerSecond">By all workers, lately; null where none has finished anything for a while.</param>
[GenerateSerializer, Immutable, Alias("HeadScope.JobProgress")]
public sealed record JobProgress(
    [property: Id(0)] int Units, [property: Id(1)] int Done, [property: Id(2)] int Assigned, [property: Id(3)] int RowsDone, [property: Id(4)] double? RowsPerSecond);

/// <summary>The answer to a worker that asked for a unit.</summary>
/// <param name="Unit">Null where there is none for it.</param>
/// <param name="Stopped">Why the job cannot go on, where it cannot.</param>
[GenerateSerializer, Immutable, Alias("HeadScope.NextReply")]
public sealed record NextReply(
    [property: Id(0)] HeldUnit? Unit, [property: Id(1)] JobProgress Progress, [property: Id(2)] string? Stopped = null, [property: Id(3)] bool Cancelled = false);

/// <summary>A job that has not ended, as an <see cref="Jobs.Pool.ActiveJob"/> says it.</summary>
[GenerateSerializer, Immutable, Alias("HeadScope.QueuedJob")]
public sealed record QueuedJob(
    [property: Id(0)] string Job, [property: Id(1)] int Priority, [property: Id(2)] bool Paused, [property: Id(3)] string? Fault, [property: Id(4)] bool MayPass = false);

/// <summary>How a device's workers are.</summary>
/// <param name="Fault">Why they have stopped, where they have: a fault of the device or the process, since one of a job ends that job
/// alone.</param>
/// <param name="IsDrained">Whether they were told to lease no more.</param>
[GenerateSerializer, Immutable, Alias("HeadScope.StartReply")]
public sealed record StartReply([property: Id(0)] string? Fault, [property: Id(1)] bool IsDrained = false);

/// <summary>Where a reduction is.</summary>
/// <param name="Failure">Why it cannot be done, where it cannot: the job has failed.</param>
/// <param name="Trouble">Why it was not done this time, where another time may do.</param>
[GenerateSerializer, Immutable, Alias("HeadScope.ReduceReply")]
public sealed record ReduceReply(
    [property: Id(0)] bool Done, [property: Id(1)] string? Failure = null, [property: Id(2)] string? Trouble = null);
