using System.CommandLine;
using HeadScope.Client.Output;
using HeadScope.Client.Sources;
using HeadScope.CommandLine;

namespace HeadScope.Client.Commands;

/// <summary>headscope list: all jobs, and how far they are.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var source = new SourceOptions();
        var json = JobOptions.Json();
        var command = new Command("list", """
            List all jobs and how far they are.

            Example:
              headscope list --store /shared/headscope
            """);
        source.AddTo(command);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            var report = Report.For(parsed.GetValue(json));
            var jobs = await source.OpenAsync(parsed, create: false, report, cancellation).ConfigureAwait(false);
            report.List(await jobs.ListAsync(cancellation).ConfigureAwait(false), jobs.Location);
            return ExitCode.Done;
        });
        return command;
    }
}
