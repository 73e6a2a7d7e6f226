using System.CommandLine;
using HeadScope.Client.Output;
using HeadScope.Client.Sources;

namespace HeadScope.Client.Commands;

/// <summary>headscope cancel: have a job's workers stop.</summary>
internal static class CancelCommand
{
    public static Command Create()
    {
        var source = new SourceOptions();
        var id = JobOptions.Job();
        var json = JobOptions.Json();
        var command = new Command("cancel", """
            Have a job's workers stop. What is finished is kept: 'submit' lets the job go on.

            Example:
              headscope cancel --store /shared/headscope --job 0123456789abcdef
            """);
        source.AddTo(command);
        command.Options.Add(id);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            var report = Report.For(parsed.GetValue(json));
            var jobs = await source.OpenAsync(parsed, create: false, report, cancellation).ConfigureAwait(false);
            report.Status(await jobs.CancelAsync(parsed.GetRequiredValue(id), cancellation).ConfigureAwait(false));
            return ExitCode.Done;
        });
        return command;
    }
}
