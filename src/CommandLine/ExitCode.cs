using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;

namespace HeadScope.CommandLine;

/// <summary>What a process says to whoever started it: the same of the command line and of the server.</summary>
public static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int BadArguments = 2;
    public const int JobFailed = 3;
    public const int Interrupted = 130;

    /// <summary>The code of what ended a verb, and what to say of it.</summary>
    /// <param name="program">Its name, for a fault of its own.</param>
    internal static (int Code, string Message) Of(Exception cause, string program) => cause switch
    {
        OperationCanceledException => (Interrupted, "Interrupted. What a job finished is kept: the same command goes on from there."),
        InvalidJobException => (BadArguments, cause.Message),
        JobStoppedException => (JobFailed, cause.Message),
        InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException => (Failed, cause.Message),
        OutOfMemoryException =>
            (Failed, "Out of memory. Use fewer workers (--workers), a smaller batch (--batch-size) or smaller shards (--shard-rows)."),
        _ => (Failed, $"This is a fault in {program}: {cause}"),
    };
}
