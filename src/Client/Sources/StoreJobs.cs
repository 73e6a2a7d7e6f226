using HeadScope.Jobs;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Work;

namespace HeadScope.Client.Sources;

/// <summary>Jobs in a store that this process can reach: their blobs answer.</summary>
internal sealed class StoreJobs(JobStore jobs) : IJobSource
{
    IBlobStore Blobs => jobs.Blobs;

    public string Location => Blobs.Location;

    public async Task<JobOverview> SubmitAsync(JobRequest request, CancellationToken cancellation)
    {
        var folder = await jobs.SubmitAsync(JobResolver.Resolve(request), cancellation).ConfigureAwait(false);
        var status = await ReadAsync(folder, cancellation).ConfigureAwait(false);
        if (status.State is not (JobState.Failed or JobState.Cancelled))
            return status;
        await jobs.ReopenAsync(folder, cancellation).ConfigureAwait(false);
        return await ReadAsync(folder, cancellation).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<JobOverview>> ListAsync(CancellationToken cancellation)
    {
        var list = new List<JobOverview>();
        foreach (var id in await jobs.ListAsync(cancellation).ConfigureAwait(false))
            list.Add(await ReadAsync(new JobFolder(id), cancellation).ConfigureAwait(false));
        return list;
    }

    public async Task<JobOverview> StatusAsync(string id, CancellationToken cancellation) =>
        await ReadAsync(await FindAsync(id, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);

    public async Task<JobOverview> CancelAsync(string id, CancellationToken cancellation)
    {
        var folder = await FindAsync(id, cancellation).ConfigureAwait(false);
        if (await jobs.ManifestAsync(folder, cancellation).ConfigureAwait(false) is null)
            await Blobs.TryCreateAsync(folder.Cancelled, "{}\n"u8.ToArray(), cancellation).ConfigureAwait(false);
        return await ReadAsync(folder, cancellation).ConfigureAwait(false);
    }

    public async Task<Manifest?> ManifestAsync(string id, CancellationToken cancellation) =>
        await jobs.ManifestAsync(await FindAsync(id, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);

    public Task<Stream> OpenResultAsync(string id, string file, CancellationToken cancellation) => Blobs.OpenReadAsync(new JobFolder(id).Result(file), cancellation);

    async Task<JobOverview> ReadAsync(JobFolder folder, CancellationToken cancellation)
    {
        var (spec, plan) = await jobs.ReadAsync(folder, cancellation).ConfigureAwait(false);
        var done = (await ShardLedger.CommittedShardsAsync(Blobs, folder, cancellation).ConfigureAwait(false)).Count;
        var failure = await Blobs.TryReadAsync(folder.Failed, cancellation).ConfigureAwait(false) is { } json ? JobJson.Read<JobFailure>(json, folder.Failed) : null;
        var state =
            await Blobs.ExistsAsync(folder.Manifest, cancellation).ConfigureAwait(false) ? JobState.Done
            : failure is not null ? JobState.Failed
            : await Blobs.ExistsAsync(folder.Cancelled, cancellation).ConfigureAwait(false) ? JobState.Cancelled
            : done == plan.Shards ? JobState.Reducing
            : done > 0 ? JobState.Running
            : JobState.Planned;
        return new JobOverview(folder.Id, state, spec.Model.Name, plan.Rows, spec.Tokens.Context, done, plan.Shards, failure?.Message);
    }

    async Task<JobFolder> FindAsync(string id, CancellationToken cancellation)
    {
        var ids = await jobs.ListAsync(cancellation).ConfigureAwait(false);
        return ids.Contains(id)
            ? new JobFolder(id)
            : throw new InvalidDataException($"{Location}: there is no job '{id}'. {(ids.Count == 0 ? "It holds none." : $"It holds {string.Join(", ", ids)}.")}");
    }
}
