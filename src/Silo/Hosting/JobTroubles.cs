using HeadScope.Jobs;
using HeadScope.Jobs.Pool;

namespace HeadScope.Silo.Hosting;

/// <summary>Writes to the log what goes wrong with jobs.</summary>
internal sealed partial class JobTroubles(ILogger<JobPool> logger)
{
    public void Report(JobFolder folder, Exception cause) => Trouble(folder.Id, cause.Message);

    [LoggerMessage(LogLevel.Warning, "Job {Job}: {Message}")]
    partial void Trouble(string job, string message);
}
