using System.Globalization;
using System.Runtime.CompilerServices;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs;

/// <summary>Jobs in a blob store. Their state is what their blobs say.</summary>
public sealed class JobStore(IBlobStore blobs)
{
    public IBlobStore Blobs => blobs;

    /// <summary>Puts a job into the store, unless it is there: the same request finds the first.</summary>
    public async Task<JobFolder> SubmitAsync(ResolvedJob job, CancellationToken cancellation)
    {
        var folder = new JobFolder(job.Spec.Id);
        if (job.InductionTokens.Length > 0)
            await blobs.TryCreateAsync(folder.InductionTokens, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(job.InductionTokens), cancellation).ConfigureAwait(false);
        await blobs.TryCreateAsync(folder.Spec, JobJson.Write(job.Spec), cancellation).ConfigureAwait(false);
        await blobs.TryCreateAsync(folder.Plan, JobJson.Write(job.Plan), cancellation).ConfigureAwait(false);
        return folder;
    }

    /// <summary>Lets a job that failed or was cancelled go on.</summary>
    public async Task ReopenAsync(JobFolder folder, CancellationToken cancellation)
    {
        var names = new List<string> { folder.Failed, folder.Cancelled };
        await foreach (var blob in blobs.ListAsync(folder.Failures, cancellation).ConfigureAwait(false))
            names.Add(blob.Name);
        await blobs.DeleteAsync(names, cancellation).ConfigureAwait(false);
    }

    /// <summary>Deletes a job with everything it has made.</summary>
    public async Task DeleteAsync(JobFolder folder, CancellationToken cancellation)
    {
        var names = new List<string>();
        await foreach (var blob in blobs.ListAsync(folder.Prefix, cancellation).ConfigureAwait(false))
            names.Add(blob.Name);
        await blobs.DeleteAsync(names, cancellation).ConfigureAwait(false);
    }

    /// <summary>The ids of all jobs, in order.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellation)
    {
        var ids = new List<string>();
        await foreach (var folder in FoldersAsync(cancellation).ConfigureAwait(false))
        {
            if (await IsWholeAsync(folder, cancellation).ConfigureAwait(false))
                ids.Add(folder.Id);
        }

        ids.Sort(StringComparer.Ordinal);
        return ids;
    }

    /// <summary>The folders of all jobs, those too whose submission is under way or was broken off.</summary>
    public async IAsyncEnumerable<JobFolder> FoldersAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var id in blobs.ListFoldersAsync(JobFolder.Root, cancellation).ConfigureAwait(false))
        {
            if (JobFolder.IsId(id))
                yield return new JobFolder(id);
        }
    }

    /// <summary>Whether a job was submitted to the end.</summary>
    public Task<bool> IsWholeAsync(JobFolder folder, CancellationToken cancellation) => blobs.ExistsAsync(folder.Plan, cancellation);

    /// <exception cref="InvalidDataException">There is no such job, or its blobs are damaged.</exception>
    public async Task<(JobSpec Spec, JobPlan Plan)> ReadAsync(JobFolder folder, CancellationToken cancellation)
    {
        var spec = await ReadAsync<JobSpec>(folder.Spec, cancellation).ConfigureAwait(false);
        if (spec.Id != folder.Id)
            throw new InvalidDataException($"{folder.Spec}: this is the spec of job {spec.Id}, or of another version of this program.");
        return (spec, await ReadAsync<JobPlan>(folder.Plan, cancellation).ConfigureAwait(false));
    }

    public Task<int[][]> ReadInductionTokensAsync(JobFolder folder, CancellationToken cancellation) => ReadAsync<int[][]>(folder.InductionTokens, cancellation);

    /// <summary>The manifest of a job that is done, or null.</summary>
    public async Task<Manifest?> ManifestAsync(JobFolder folder, CancellationToken cancellation) =>
        await blobs.TryReadAsync(folder.Manifest, cancellation).ConfigureAwait(false) is { } json ? JobJson.Read<Manifest>(json, folder.Manifest) : null;

    /// <summary>Merges the statistics of shards that are committed already, for whoever wants to go on from there.</summary>
    public async IAsyncEnumerable<(ShardRecord Record, HeadStatistics Statistics)> CommittedAsync(
        JobFolder folder, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var shard in await CommittedShardsAsync(blobs, folder, cancellation).ConfigureAwait(false))
        {
            var name = folder.ShardStats(shard);
            if (await blobs.TryReadAsync(name, cancellation).ConfigureAwait(false) is { } blob)
                yield return ShardStatsFile.Read(blob, name);
        }
    }

    /// <summary>The shards whose statistics are in a store, in order.</summary>
    public static async Task<List<int>> CommittedShardsAsync(IBlobStore blobs, JobFolder folder, CancellationToken cancellation)
    {
        var shards = new List<int>();
        await foreach (var blob in blobs.ListAsync(folder.Shards, cancellation).ConfigureAwait(false))
        {
            var name = blob.Name.AsSpan(folder.Shards.Length);
            if (name.EndsWith(".stats", StringComparison.Ordinal) && int.TryParse(name[..^".stats".Length], CultureInfo.InvariantCulture, out var shard))
                shards.Add(shard);
        }

        shards.Sort();
        return shards;
    }

    async Task<T> ReadAsync<T>(string name, CancellationToken cancellation) => JobJson.Read<T>(
        await blobs.TryReadAsync(name, cancellation).ConfigureAwait(false) ?? throw new InvalidDataException($"{blobs.Location}: there is no {name}."), name);
}
