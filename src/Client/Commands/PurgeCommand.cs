using System.CommandLine;
using HeadScope.Client.Output;
using HeadScope.Client.Sources;
using HeadScope.CommandLine;

namespace HeadScope.Client.Commands;

/// <summary>headscope purge: deletes a job, readable or not.</summary>
internal static class PurgeCommand
{
    public static Command Create()
    {
        var source = new SourceOptions();
        var id = JobOptions.Job();
        var json = JobOptions.Json();
        var command = new Command("purge", """
            Delete a job with everything it has made, its results too. It reads nothing of the job, which may be damaged, or of a newer version.

            Workers that are at the job stop. On a server this needs a key of the role admin.

            Example:
              headscope purge --store /shared/headscope --job 0123456789abcdef
            """);
        source.AddTo(command);
        command.Options.Add(id);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            var report = Report.For(parsed.GetValue(json));
            var jobs = await source.OpenAsync(parsed, create: false, report, cancellation).ConfigureAwait(false);
            await jobs.PurgeAsync(parsed.GetRequiredValue(id), cancellation).ConfigureAwait(false);
            report.Purged(parsed.GetRequiredValue(id));
            return ExitCode.Done;
        });
        return command;
    }
}
