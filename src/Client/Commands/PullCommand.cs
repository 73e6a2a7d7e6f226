using System.CommandLine;
using System.Diagnostics;
using HeadScope.Client.Local;
using HeadScope.Client.Output;
using HeadScope.Client.Sources;
using HeadScope.CommandLine;
using HeadScope.Jobs.Records;

namespace HeadScope.Client.Commands;

/// <summary>headscope pull: a job's results, from where it was done.</summary>
internal static class PullCommand
{
    public static Command Create()
    {
        var source = new SourceOptions();
        var id = JobOptions.Job();
        var output = new Option<string>("--out") { Description = "Where the results go.", Required = true, HelpName = "DIR" };
        var force = new Option<bool>("--force") { Description = "Replace what another job left in DIR." };
        var json = JobOptions.Json();
        var command = new Command("pull", """
            Fetch the results of a job that is done, and check them against its manifest. The same command again goes on where it was interrupted.

            Example:
              headscope pull --store /shared/headscope --job 0123456789abcdef --out results
            """);
        source.AddTo(command);
        foreach (var option in new Option[] { id, output, force, json })
            command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            var report = Report.For(parsed.GetValue(json));
            return await RunAsync(
                await source.OpenAsync(parsed, create: false, report, cancellation).ConfigureAwait(false),
                parsed.GetRequiredValue(id), parsed.GetRequiredValue(output), parsed.GetValue(force), report,
                cancellation).ConfigureAwait(false);
        });
        return command;
    }

    static async Task<int> RunAsync(IJobSource jobs, string id, string output, bool force, Report report, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        if (await jobs.ManifestAsync(id, cancellation).ConfigureAwait(false) is not { } manifest)
        {
            var status = await jobs.StatusAsync(id, cancellation).ConfigureAwait(false);
            throw status.State switch
            {
                JobState.Failed => new JobStoppedException(status.Error!),
                JobState.Cancelled => new JobStoppedException($"The job {id} was cancelled."),
                JobState.Unreadable => new InvalidDataException(status.Error),
                _ => new InvalidDataException($"The job {id} is not done: {status.ShardsCommitted} of {status.Shards} shards " +
                    $"are.{(jobs is StoreJobs ? " 'headscope work' does the rest." : "")}"),
            };
        }

        using var held = await OutputLock.AcquireAsync(output, id, TimeProvider.System, cancellation).ConfigureAwait(false);
        var results = new ResultFolder(output);
        if (!force)
        {
            await results.CheckOwnershipAsync(id, cancellation).ConfigureAwait(false);
            if (await results.HoldsAsync(manifest, report.Say, cancellation).ConfigureAwait(false))
            {
                report.AlreadyDone(manifest, output);
                return ExitCode.Done;
            }
        }

        await results.FillAsync(manifest, (file, offset, token) => jobs.OpenResultAsync(id, file, offset, token), cancellation)
            .ConfigureAwait(false);
        report.Pulled(manifest, output, Stopwatch.GetElapsedTime(started));
        return ExitCode.Done;
    }
}
