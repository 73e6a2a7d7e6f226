using HeadScope.Jobs;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Specs;

namespace HeadScope.Client.Sources;

/// <summary>Jobs in a store that this process can reach: their blobs answer.</summary>
internal sealed class StoreJobs(JobStore jobs) : IJobSource
{
    public string Location => jobs.Blobs.Location;

    public async Task<JobStatus> SubmitAsync(JobRequest request, CancellationToken cancellation)
    {
        var folder = await jobs.SubmitAsync(JobResolver.Resolve(request), cancellation).ConfigureAwait(false);
        var status = await jobs.StatusAsync(folder, cancellation).ConfigureAwait(false);
        if (status.State is not (JobState.Failed or JobState.Cancelled))
            return status;
        await jobs.ReopenAsync(folder, cancellation).ConfigureAwait(false);
        return await jobs.StatusAsync(folder, cancellation).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<JobStatus>> ListAsync(CancellationToken cancellation)
    {
        var list = new List<JobStatus>();
        foreach (var id in await jobs.ListAsync(cancellation).ConfigureAwait(false))
            list.Add(await jobs.StatusAsync(new JobFolder(id), cancellation).ConfigureAwait(false));
        return list;
    }

    public async Task<JobStatus> StatusAsync(string id, CancellationToken cancellation) =>
        await jobs.StatusAsync(await FindAsync(id, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);

    public async Task<JobStatus> CancelAsync(string id, CancellationToken cancellation)
    {
        var folder = await FindAsync(id, cancellation).ConfigureAwait(false);
        if (await jobs.ManifestAsync(folder, cancellation).ConfigureAwait(false) is null)
            await jobs.CancelAsync(folder, cancellation).ConfigureAwait(false);
        return await jobs.StatusAsync(folder, cancellation).ConfigureAwait(false);
    }

    public async Task<Manifest?> ManifestAsync(string id, CancellationToken cancellation) =>
        await jobs.ManifestAsync(await FindAsync(id, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);

    public Task<Stream> OpenResultAsync(string id, string file, CancellationToken cancellation) => jobs.Blobs.OpenReadAsync(new JobFolder(id).Result(file), cancellation);

    async Task<JobFolder> FindAsync(string id, CancellationToken cancellation)
    {
        var ids = await jobs.ListAsync(cancellation).ConfigureAwait(false);
        return ids.Contains(id)
            ? new JobFolder(id)
            : throw new InvalidDataException($"{Location}: there is no job '{id}'. {(ids.Count == 0 ? "It holds none." : $"It holds {string.Join(", ", ids)}.")}");
    }
}
