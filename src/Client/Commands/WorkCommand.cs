using System.CommandLine;
using System.Diagnostics;
using HeadScope.Client.Output;
using HeadScope.Client.Sources;
using HeadScope.Client.Telemetry;
using HeadScope.CommandLine;
using HeadScope.Jobs;
using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Roots;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Work;

namespace HeadScope.Client.Commands;

/// <summary>headscope work: join the work on jobs in a shared store.</summary>
internal static class WorkCommand
{
    public static Command Create()
    {
        var store = SourceOptions.Store(required: true);
        var id = new Option<string?>("--job")
        {
            Description = "Work on this job only. The default is all that are not done.",
            HelpName = "ID",
        };
        var wait = new Option<bool>("--wait")
        {
            Description = "Do not end when no shard is left, but wait for more jobs. Jobs share the workers, those of a higher priority " +
                "first.",
        };
        var drain = EngineOptionSet.Drain(
            "With --wait: seconds that shards in work are given when this is told to stop. Then others may have them.");
        var models = new Option<string[]>("--models")
        {
            Description = "Open no model outside this folder, and leave jobs of others alone. May be given several times. The default is " +
                "to open what jobs name.",
            HelpName = "DIR",
        };
        var tokens = new Option<string[]>("--tokens") { Description = "The same for token files.", HelpName = "DIR" };
        var engine = new EngineOptionSet();
        var metrics = new MetricsOptionSet();
        var json = JobOptions.Json();
        var command = new Command("work", """
            Score shards of jobs in a shared store until none is left. Any number of such processes may share a job.

            Example:
              headscope work --store /shared/headscope
              headscope work --store /shared/headscope --wait
              AZURE_STORAGE_SAS_TOKEN=SIGNATURE headscope work --store https://account.blob.core.windows.net/jobs
            """)
        {
            store, id, wait, drain, models, tokens, json,
        };
        engine.AddTo(command);
        metrics.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(wait) is not null && result.GetResult(id) is not null)
                result.AddError("--wait works on all jobs of the store, --job on one: leave one of them out.");
            if (result.GetResult(models) is null != result.GetResult(tokens) is null)
                result.AddError("--models and --tokens go together: give both, or neither.");
        });
        command.SetAction((parsed, cancellation) => WatchedWork.RunAsync(metrics.Of(parsed), async stop =>
        {
            var options = engine.Of(parsed);
            if (parsed.GetValue(models) is { Length: > 0 } modelRoots && parsed.GetValue(tokens) is { } tokenRoots)
                options = options with { Roots = new InputRoots(modelRoots, tokenRoots) };
            var report = Report.For(parsed.GetValue(json));
            var waits = parsed.GetValue(wait);
            var jobs = await SourceOptions.OpenAsync(parsed.GetValue(store)!, create: waits, report, stop).ConfigureAwait(false);
            return waits
                ? await WaitAsync(jobs, options, TimeSpan.FromSeconds(parsed.GetValue(drain)), report, stop).ConfigureAwait(false)
                : await RunAsync(jobs, parsed.GetValue(id), options, report, stop).ConfigureAwait(false);
        }, cancellation));
        return command;
    }

    static async Task<int> RunAsync(JobStore jobs, string? id, EngineOptions options, Report report, CancellationToken cancellation)
    {
        var ids = await jobs.ListAsync(cancellation).ConfigureAwait(false);
        if (id is not null && !ids.Contains(id))
            throw jobs.NoJob(id, ids);
        Exception? failure = null;
        foreach (var job in id is null ? ids : [id])
        {
            var folder = new JobFolder(job);
            var started = Stopwatch.GetTimestamp();
            try
            {
                var (spec, _) = await jobs.ReadAsync(folder, cancellation).ConfigureAwait(false);
                if (await jobs.ManifestAsync(folder, cancellation).ConfigureAwait(false) is not null)
                {
                    await Intermediates.DropLeftAsync(jobs.Blobs, folder, cancellation).ConfigureAwait(false);
                    continue;
                }

                // Before the job's display is up: a model from the hub may take its time.
                await report.WithModelsAsync(models => models.FolderOfAsync(spec.Model, options.Roots, cancellation)).ConfigureAwait(false);
                var manifest = await report.WatchAsync(
                    jobs, folder, observer => new LocalEngine(jobs, options, TimeProvider.System).RunAsync(folder, observer, cancellation),
                    cancellation)
                    .ConfigureAwait(false);
                report.Done(manifest, $"{jobs.Blobs.Location}/{folder.Results}", Stopwatch.GetElapsedTime(started));
            }
            catch (Exception e) when (id is null && e is not StoreException && !cancellation.IsCancellationRequested)
            {
                // The others need not suffer.
                report.Say($"job {job}: {e.Message}");
                failure = e;
            }
        }

        return failure is null ? ExitCode.Done : throw failure;
    }

    static async Task<int> WaitAsync(JobStore jobs, EngineOptions options, TimeSpan drain, Report report, CancellationToken stop)
    {
        report.Say($"Working on the jobs of {jobs.Blobs.Location}, and waiting for more.");
        var pool = new JobPool(
            jobs, options, TimeProvider.System, (folder, cause) => report.Say($"job {folder.Id}: {cause.Message}"),
            new StoreWork(jobs, TimeProvider.System));
        var isDrained = await pool.RunAsync(
            drain, () => report.Say($"Stopping: shards in work have {drain.TotalSeconds:N0} s to be finished."),
            stop).ConfigureAwait(false);
        report.Say(isDrained ? "Stopped: no shard was in work any more." : "Stopped: the shards in work were handed back.");
        return isDrained ? ExitCode.Done : ExitCode.Interrupted;
    }
}
