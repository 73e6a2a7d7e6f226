using HeadScope.Jobs;
using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Work;

namespace HeadScope.Silo.Hosting;

/// <summary>Writes to the log what goes wrong with jobs; of a fault that nobody foresaw, where it came from too.</summary>
internal sealed partial class JobTroubles(ILogger<JobPool> logger)
{
    public void Report(JobFolder folder, Exception cause)
    {
        if (JobFailures.IsForeseen(cause is JobStoppedException { InnerException: { } inner } ? inner : cause))
            Trouble(folder.Id, cause.Message);
        else
            Fault(folder.Id, cause.Message, cause);
    }

    [LoggerMessage(LogLevel.Warning, "Job {Job}: {Message}")]
    partial void Trouble(string job, string message);

    [LoggerMessage(LogLevel.Error, "Job {Job}: {Message}")]
    partial void Fault(string job, string message, Exception cause);
}
