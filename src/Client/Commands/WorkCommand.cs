using System.CommandLine;
using System.Diagnostics;
using HeadScope.Client.Output;
using HeadScope.Client.Sources;
using HeadScope.Client.Telemetry;
using HeadScope.Jobs;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Work;

namespace HeadScope.Client.Commands;

/// <summary>headscope work: join the work on jobs in a shared store.</summary>
internal static class WorkCommand
{
    public static Command Create()
    {
        var store = SourceOptions.Store();
        var id = new Option<string?>("--job") { Description = "Work on this job only. The default is all that are not done.", HelpName = "ID" };
        var workers = JobOptions.Workers();
        var batchSize = JobOptions.BatchSize();
        var threads = JobOptions.Threads();
        var lease = JobOptions.Lease();
        var devices = new DeviceOptions();
        var metrics = new MetricsOptionSet();
        var json = JobOptions.Json();
        var command = new Command("work", """
            Score shards of jobs in a shared store until none is left. Any number of such processes may share a job.

            Example:
              headscope work --store /shared/headscope
              headscope work --store "https://account.blob.core.windows.net/jobs?SIGNATURE"
            """)
        {
            store, id, workers, batchSize, threads, lease, json,
        };
        devices.AddTo(command);
        metrics.AddTo(command);
        command.SetAction((parsed, cancellation) => WatchedWork.RunAsync(metrics.Of(parsed), stop => RunAsync(
            parsed.GetRequiredValue(store), parsed.GetValue(id), JobOptions.Engine(parsed, workers, batchSize, threads, lease, devices), Report.For(parsed.GetValue(json)), stop), cancellation));
        return command;
    }

    static async Task<int> RunAsync(string location, string? id, EngineOptions options, Report report, CancellationToken cancellation)
    {
        var jobs = new JobStore(await BlobStores.OpenAsync(location, create: false, cancellation).ConfigureAwait(false));
        var ids = await jobs.ListAsync(cancellation).ConfigureAwait(false);
        if (id is not null && !ids.Contains(id))
            throw new InvalidDataException($"{jobs.Blobs.Location}: there is no job '{id}'. {(ids.Count == 0 ? "It holds none." : $"It holds {string.Join(", ", ids)}.")}");
        Exception? failure = null;
        foreach (var job in id is null ? ids : [id])
        {
            var folder = new JobFolder(job);
            if (await jobs.ManifestAsync(folder, cancellation).ConfigureAwait(false) is not null)
                continue;
            var started = Stopwatch.GetTimestamp();
            try
            {
                // Before the job's display is up: a model from the hub may take its time.
                var (spec, _) = await jobs.ReadAsync(folder, cancellation).ConfigureAwait(false);
                await report.WithModelsAsync(models => models.FolderOfAsync(spec.Model, cancellation)).ConfigureAwait(false);
                var manifest = await report.WatchAsync(jobs, folder, observer => new LocalEngine(jobs, options, TimeProvider.System).RunAsync(folder, observer, cancellation), cancellation)
                    .ConfigureAwait(false);
                report.Done(manifest, $"{jobs.Blobs.Location}/{folder.Results}", Stopwatch.GetElapsedTime(started));
            }
            catch (Exception e) when (e is JobStoppedException or InvalidDataException && id is null)
            {
                report.Say($"job {job}: {e.Message}");
                failure = e;
            }
        }

        return failure is null ? ExitCode.Done : throw failure;
    }
}
