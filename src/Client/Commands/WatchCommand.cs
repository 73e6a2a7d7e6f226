using System.CommandLine;
using HeadScope.Client.Output;
using HeadScope.Client.Sources;
using HeadScope.Jobs.Status;

namespace HeadScope.Client.Commands;

/// <summary>headscope watch: a job's progress until it ends.</summary>
internal static class WatchCommand
{
    public static Command Create()
    {
        var source = new SourceOptions();
        var id = JobOptions.Job();
        var json = JobOptions.Json();
        var command = new Command("watch", """
            Show a job's progress until it ends, wherever it is worked on. Ends with 3 if it failed or was cancelled.

            A server that is restarted meanwhile is connected to again. Interrupting this does not stop the job.

            Example:
              headscope watch --server http://127.0.0.1:8470 --job 0123456789abcdef
            """);
        source.AddTo(command);
        command.Options.Add(id);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            var report = Report.For(parsed.GetValue(json));
            var jobs = await source.OpenAsync(parsed, create: false, report, cancellation).ConfigureAwait(false);
            var status = await report.FollowAsync(jobs, parsed.GetRequiredValue(id), cancellation).ConfigureAwait(false);
            report.Status(status);
            return status.State == JobState.Done ? ExitCode.Done : ExitCode.JobFailed;
        });
        return command;
    }
}
