using System.Runtime.CompilerServices;
using HeadScope.Jobs;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Store;

namespace HeadScope.Client.Sources;

/// <summary>Jobs in a store that this process can reach: their blobs answer.</summary>
internal sealed class StoreJobs(JobStore jobs, IConsoleReport report, TimeProvider time) : IJobSource
{
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    readonly JobStatusReader _reader = new(jobs, time);

    public string Location => jobs.Blobs.Location;

    JobSubmissions Submissions => new(jobs, _reader);

    public async Task<JobView> SubmitAsync(JobRequest request, int priority, CancellationToken cancellation)
    {
        var job = await ResolveAsync(request, cancellation).ConfigureAwait(false);
        await Submissions.SubmitAsync(job, priority, by: null, cancellation).ConfigureAwait(false);
        return await StatusAsync(job.Spec.Id, cancellation).ConfigureAwait(false);
    }

    public async Task<JobView> FindAsync(JobRequest request, int priority, CancellationToken cancellation)
    {
        var job = await ResolveAsync(request, cancellation).ConfigureAwait(false);
        return JobView.Of(await Submissions.FindAsync(job, cancellation).ConfigureAwait(false));
    }

    public async Task<IReadOnlyList<JobView>> ListAsync(CancellationToken cancellation)
    {
        var list = new List<JobView>();
        foreach (var id in await jobs.ListAsync(cancellation).ConfigureAwait(false))
        {
            if (await TryViewAsync(new JobFolder(id), cancellation).ConfigureAwait(false) is { } job)
                list.Add(job);
        }

        return list;
    }

    public async Task<JobView> StatusAsync(string id, CancellationToken cancellation) =>
        JobFolder.IsId(id) && await TryViewAsync(new JobFolder(id), cancellation)
            .ConfigureAwait(false) is { } job ? job : throw await NoJobAsync(id, cancellation).ConfigureAwait(false);

    public async IAsyncEnumerable<JobView> WatchAsync(string id, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            var status = await StatusAsync(id, cancellation).ConfigureAwait(false);
            yield return status;
            if (status.State.HasEnded())
                yield break;
            await Task.Delay(LookInterval, time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>None: it would take all statistics of all shards.</summary>
    public Task<JobPreview?> PreviewAsync(string id, CancellationToken cancellation) => Task.FromResult<JobPreview?>(null);

    public async Task<JobView> CancelAsync(string id, CancellationToken cancellation)
    {
        var status = await FindAsync(id, cancellation).ConfigureAwait(false);
        if (status.State == JobState.Done)
            return JobView.Of(status);
        await _reader.CancelAsync(status.Folder, by: null, cancellation).ConfigureAwait(false);
        return await StatusAsync(id, cancellation).ConfigureAwait(false);
    }

    public async Task PurgeAsync(string id, CancellationToken cancellation)
    {
        if (!JobFolder.IsId(id) || !await jobs.DeleteAsync(new JobFolder(id), cancellation).ConfigureAwait(false))
            throw await NoJobAsync(id, cancellation).ConfigureAwait(false);
    }

    public async Task<JobView> ChangeAsync(string id, int? priority, bool? paused, CancellationToken cancellation)
    {
        var status = await FindAsync(id, cancellation).ConfigureAwait(false);
        var control = new JobControl(priority ?? status.Control.Priority, paused ?? status.Control.Paused);
        await _reader.WriteControlAsync(status.Folder, control, cancellation).ConfigureAwait(false);
        return await StatusAsync(id, cancellation).ConfigureAwait(false);
    }

    public async Task<Manifest?> ManifestAsync(string id, CancellationToken cancellation) =>
        (await FindAsync(id, cancellation).ConfigureAwait(false)).Manifest;

    public Task<Stream> OpenResultAsync(string id, string file, long offset, CancellationToken cancellation) =>
        jobs.Blobs.OpenFromAsync(new JobFolder(id).Result(file), offset, cancellation);

    Task<ResolvedJob> ResolveAsync(JobRequest request, CancellationToken cancellation) =>
        report.WithModelsAsync(models => JobResolver.ResolveAsync(request, models, cancellation));

    /// <summary>Null where there is no such job.</summary>
    async Task<JobView?> TryViewAsync(JobFolder folder, CancellationToken cancellation)
    {
        try
        {
            return await _reader.TryReadAsync(folder, cancellation).ConfigureAwait(false) is { } status ? JobView.Of(status) : null;
        }
        catch (UnreadableBlobException e)
        {
            return JobView.Unreadable(folder, e);
        }
    }

    async Task<JobStatus> FindAsync(string id, CancellationToken cancellation) =>
        JobFolder.IsId(id) && await _reader.TryReadAsync(new JobFolder(id), cancellation)
            .ConfigureAwait(false) is { } status ? status : throw await NoJobAsync(id, cancellation).ConfigureAwait(false);

    async Task<IOException> NoJobAsync(string id, CancellationToken cancellation) =>
        jobs.NoJob(id, await jobs.ListAsync(cancellation).ConfigureAwait(false));
}
