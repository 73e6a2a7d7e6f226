using System.CommandLine;
using HeadScope.Client.Output;
using HeadScope.Client.Sources;
using HeadScope.Jobs.Status;

namespace HeadScope.Client.Commands;

/// <summary>headscope status: how far a job is.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var source = new SourceOptions();
        var id = JobOptions.Job();
        var json = JobOptions.Json();
        var command = new Command("status", """
            Show how far a job is. Ends with 3 if it failed or was cancelled.

            Example:
              headscope status --store /shared/headscope --job 0123456789abcdef
            """);
        source.AddTo(command);
        command.Options.Add(id);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            var report = Report.For(parsed.GetValue(json));
            var jobs = await source.OpenAsync(parsed, create: false, report, cancellation).ConfigureAwait(false);
            var status = await jobs.StatusAsync(parsed.GetRequiredValue(id), cancellation).ConfigureAwait(false);
            report.Status(status);
            return status.State is JobState.Failed or JobState.Cancelled ? ExitCode.JobFailed : ExitCode.Done;
        });
        return command;
    }
}
