using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Records;

/// <summary>Jobs in a blob store. Their state is what their blobs say.</summary>
public sealed class JobStore(IBlobStore blobs)
{
    public IBlobStore Blobs => blobs;

    /// <summary>Puts a job into the store, unless it is there: the same request finds the first.</summary>
    public async Task<JobFolder> SubmitAsync(ResolvedJob job, CancellationToken cancellation)
    {
        var folder = new JobFolder(job.Spec.Id);
        await new DeletedJobs(blobs).ForgetAsync(folder, cancellation).ConfigureAwait(false);
        if (job.InductionTokens.Length > 0)
            await blobs.TryCreateAsync(folder.InductionTokens, JsonSerializer.SerializeToUtf8Bytes(job.InductionTokens), cancellation)
                .ConfigureAwait(false);
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

    /// <summary>
    /// Deletes a job with everything it has made, whatever its blobs are. Who works on it will notice, and leaves nothing of it.
    /// </summary>
    /// <returns>Whether there was anything.</returns>
    public async Task<bool> DeleteAsync(JobFolder folder, CancellationToken cancellation)
    {
        if (!await IsThereAsync(folder, cancellation).ConfigureAwait(false))
            return false;
        await new DeletedJobs(blobs).NoteAsync(folder, cancellation).ConfigureAwait(false);
        await blobs.DeleteAsync(folder.Plan, cancellation).ConfigureAwait(false); // first: without it nobody works on the job
        await blobs.DeleteFolderAsync(folder.Prefix, cancellation).ConfigureAwait(false);
        return true;
    }

    /// <summary>The ids of all jobs, readable or not, in order.</summary>
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

    /// <summary>What to say where there is no job of an id.</summary>
    /// <param name="ids">Those that there are.</param>
    public IOException NoJob(string id, IReadOnlyList<string> ids) =>
        new($"{blobs.Location}: there is no job '{id}'. {(ids.Count == 0 ? "It holds none." : $"It holds {string.Join(", ", ids)}.")}");

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

    /// <exception cref="UnreadableBlobException">One of them is missing, damaged, or of another version.</exception>
    public async Task<(JobSpec Spec, JobPlan Plan)> ReadAsync(JobFolder folder, CancellationToken cancellation)
    {
        var spec = JobBlobs.Spec(folder, await ReadAsync(folder.Spec, JobBlobs.MostBytes, cancellation).ConfigureAwait(false));
        return (spec, JobBlobs.Plan(folder, spec, await ReadAsync(folder.Plan, JobBlobs.MostBytes, cancellation).ConfigureAwait(false)));
    }

    /// <exception cref="UnreadableBlobException">They are not those the job was made with.</exception>
    public async Task<int[][]> ReadInductionTokensAsync(JobFolder folder, InductionReference induction, CancellationToken cancellation) =>
        JobBlobs.InductionTokens(
            folder, induction,
            await ReadAsync(folder.InductionTokens, JobBlobs.MostInductionBytes(induction), cancellation).ConfigureAwait(false));

    /// <summary>The manifest of a job that is done, or null.</summary>
    /// <exception cref="UnreadableBlobException">It is damaged.</exception>
    public async Task<Manifest?> ManifestAsync(JobFolder folder, CancellationToken cancellation) =>
        await blobs.TryReadAsync(folder.Manifest, JobBlobs.MostBytes, cancellation)
            .ConfigureAwait(false) is { } json ? JobBlobs.Manifest(folder, json) : null;

    /// <summary>Merges the statistics of shards that are committed already, for whoever wants to go on from there.</summary>
    /// <exception cref="InvalidDataException">A shard's statistics are damaged, or not of this job.</exception>
    public async IAsyncEnumerable<(ShardRecord Record, HeadStatistics Statistics)> CommittedAsync(
        JobFolder folder, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var (spec, plan) = await ReadAsync(folder, cancellation).ConfigureAwait(false);
        var shape = new ShardShape(spec, plan);
        foreach (var shard in await CommittedShardsAsync(blobs, folder, cancellation).ConfigureAwait(false))
        {
            var name = folder.ShardStats(shard);
            if (shard >= plan.Shards || await blobs.TryReadAsync(
                name, shape.MostStatsBytes, cancellation).ConfigureAwait(false) is not { } blob)
                continue;
            var statistics = shape.NewStatistics();
            yield return (ShardStatsFile.Read(blob, name, shape, statistics), statistics);
        }
    }

    /// <summary>The shards whose statistics are in a store, in order.</summary>
    public static async Task<List<int>> CommittedShardsAsync(IBlobStore blobs, JobFolder folder, CancellationToken cancellation)
    {
        var shards = new List<int>();
        await foreach (var blob in blobs.ListAsync(folder.Shards, cancellation).ConfigureAwait(false))
        {
            // Exactly the name that a commit gives: a number may be written in other ways.
            var name = blob.Name.AsSpan(folder.Shards.Length);
            if (name.EndsWith(".stats", StringComparison.Ordinal) && int.TryParse(
                name[..^".stats".Length], NumberStyles.None, CultureInfo.InvariantCulture, out var shard)
                && blob.Name == folder.ShardStats(shard))
            {
                shards.Add(shard);
            }
        }

        shards.Sort();
        return shards;
    }

    async Task<bool> IsThereAsync(JobFolder folder, CancellationToken cancellation)
    {
        await foreach (var _ in blobs.ListAsync(folder.Prefix, cancellation).ConfigureAwait(false))
            return true;
        return await IsWholeAsync(folder, cancellation).ConfigureAwait(false);
    }

    async Task<byte[]> ReadAsync(string name, long most, CancellationToken cancellation) =>
        await blobs.TryReadAsync(name, most, cancellation)
            .ConfigureAwait(false) ?? throw new UnreadableBlobException(name, "it is missing");
}
