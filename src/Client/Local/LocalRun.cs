using System.Diagnostics;
using HeadScope.Client.Output;
using HeadScope.CommandLine;
using HeadScope.Jobs;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Work;

namespace HeadScope.Client.Local;

/// <summary>
/// One job in one folder: its store is <c>.headscope</c> there, its results lie at the top. Running it again resumes it, or finds it done.
/// </summary>
internal sealed class LocalRun(JobRequest request, string output, EngineOptions engine, bool force, bool dryRun, Report report)
{
    const string StoreFolder = ".headscope";

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var job = await report.WithModelsAsync(models => JobResolver.ResolveAsync(request, models, cancellation)).ConfigureAwait(false);
        if (dryRun)
        {
            report.Status(JobView.Of(JobStatus.Planned(job)));
            return ExitCode.Done;
        }

        var folder = new JobFolder(job.Spec.Id);
        using var held = await OutputLock.AcquireAsync(output, folder.Id, TimeProvider.System, cancellation).ConfigureAwait(false);
        var blobs = new FileBlobStore(Path.Combine(output, StoreFolder));
        blobs.DeleteAbandoned();
        var jobs = new JobStore(new MeteredBlobStore(blobs));
        var results = new ResultFolder(output);
        if (!force)
            await results.CheckOwnershipAsync(folder.Id, cancellation).ConfigureAwait(false);
        else
            await jobs.DeleteAsync(folder, cancellation).ConfigureAwait(false);

        var manifest = await jobs.ManifestAsync(folder, cancellation).ConfigureAwait(false);
        if (manifest is not null)
            await Intermediates.DropLeftAsync(jobs.Blobs, folder, cancellation).ConfigureAwait(false);
        if (manifest is not null && await results.HoldsAsync(manifest, report.Say, cancellation).ConfigureAwait(false))
        {
            report.AlreadyDone(manifest, output);
            return ExitCode.Done;
        }

        if (manifest is null)
        {
            await jobs.ReopenAsync(folder, cancellation).ConfigureAwait(false); // whoever runs a job again tries all of it again
            await new JobSubmissions(jobs, new JobStatusReader(jobs, TimeProvider.System))
                .SubmitAsync(job, JobControl.Default.Priority, by: null, cancellation).ConfigureAwait(false);
            manifest = await report.WatchAsync(jobs, folder, observer => new LocalEngine(
                jobs, engine with { VerifyModel = false }, TimeProvider.System).RunAsync(folder, observer, cancellation), cancellation)
                .ConfigureAwait(false);
        }

        await results.FillAsync(manifest, (file, offset, token) => jobs.Blobs.OpenFromAsync(
            folder.Result(file), offset, token), cancellation).ConfigureAwait(false);
        report.Done(manifest, output, Stopwatch.GetElapsedTime(started));
        return ExitCode.Done;
    }
}
