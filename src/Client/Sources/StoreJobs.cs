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

    public async Task<JobOverview> SubmitAsync(JobRequest request, int priority, CancellationToken cancellation)
    {
        var job = await report.WithModelsAsync(models => JobResolver.ResolveAsync(request, models, cancellation)).ConfigureAwait(false);
        var folder = new JobFolder(job.Spec.Id);
        var known = await _reader.TryReadAsync(folder, cancellation).ConfigureAwait(false);
        if (known is null && priority != JobControl.Default.Priority)
            await _reader.WriteControlAsync(folder, new JobControl(priority), cancellation).ConfigureAwait(false);
        if (known is null)
            await jobs.SubmitAsync(job, cancellation).ConfigureAwait(false);
        else if (known.State is JobState.Failed or JobState.Cancelled)
            await jobs.ReopenAsync(folder, cancellation).ConfigureAwait(false);
        return await StatusAsync(folder.Id, cancellation).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<JobOverview>> ListAsync(CancellationToken cancellation)
    {
        var list = new List<JobOverview>();
        foreach (var id in await jobs.ListAsync(cancellation).ConfigureAwait(false))
        {
            if (await TryOverviewAsync(new JobFolder(id), cancellation).ConfigureAwait(false) is { } job)
                list.Add(job);
        }

        return list;
    }

    public async Task<JobOverview> StatusAsync(string id, CancellationToken cancellation) =>
        JobFolder.IsId(id) && await TryOverviewAsync(new JobFolder(id), cancellation).ConfigureAwait(false) is { } job ? job : throw await NoJobAsync(id, cancellation).ConfigureAwait(false);

    public async IAsyncEnumerable<JobOverview> WatchAsync(string id, [EnumeratorCancellation] CancellationToken cancellation)
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

    public async Task<JobOverview> CancelAsync(string id, CancellationToken cancellation)
    {
        var status = await FindAsync(id, cancellation).ConfigureAwait(false);
        if (status.State == JobState.Done)
            return Of(status);
        await _reader.CancelAsync(status.Folder, by: null, cancellation).ConfigureAwait(false);
        return await StatusAsync(id, cancellation).ConfigureAwait(false);
    }

    public async Task PurgeAsync(string id, CancellationToken cancellation)
    {
        if (!JobFolder.IsId(id) || !await jobs.DeleteAsync(new JobFolder(id), cancellation).ConfigureAwait(false))
            throw await NoJobAsync(id, cancellation).ConfigureAwait(false);
    }

    public async Task<JobOverview> ChangeAsync(string id, int? priority, bool? paused, CancellationToken cancellation)
    {
        var status = await FindAsync(id, cancellation).ConfigureAwait(false);
        var control = new JobControl(priority ?? status.Control.Priority, paused ?? status.Control.Paused);
        await _reader.WriteControlAsync(status.Folder, control, cancellation).ConfigureAwait(false);
        return await StatusAsync(id, cancellation).ConfigureAwait(false);
    }

    public async Task<Manifest?> ManifestAsync(string id, CancellationToken cancellation) => (await FindAsync(id, cancellation).ConfigureAwait(false)).Manifest;

    public Task<Stream> OpenResultAsync(string id, string file, long offset, CancellationToken cancellation) =>
        jobs.Blobs.OpenFromAsync(new JobFolder(id).Result(file), offset, cancellation);

    static JobOverview Of(JobStatus status) => new(
        status.Folder.Id, status.State, status.Control.Priority, status.Spec.Model.Name, status.Plan.Rows, status.Spec.Tokens.Context, status.CommittedShards.Count,
        status.Plan.Shards, status.Progress, status.Failure?.Message, Summary: status.Manifest?.Summary);

    /// <summary>Null where there is no such job.</summary>
    async Task<JobOverview?> TryOverviewAsync(JobFolder folder, CancellationToken cancellation)
    {
        try
        {
            return await _reader.TryReadAsync(folder, cancellation).ConfigureAwait(false) is { } status ? Of(status) : null;
        }
        catch (UnreadableBlobException e)
        {
            return JobOverview.Unreadable(folder, e);
        }
    }

    async Task<JobStatus> FindAsync(string id, CancellationToken cancellation) =>
        JobFolder.IsId(id) && await _reader.TryReadAsync(new JobFolder(id), cancellation).ConfigureAwait(false) is { } status ? status : throw await NoJobAsync(id, cancellation).ConfigureAwait(false);

    async Task<IOException> NoJobAsync(string id, CancellationToken cancellation)
    {
        var ids = await jobs.ListAsync(cancellation).ConfigureAwait(false);
        return new IOException($"{Location}: there is no job '{id}'. {(ids.Count == 0 ? "It holds none." : $"It holds {string.Join(", ", ids)}.")}");
    }
}
