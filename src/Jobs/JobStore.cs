using System.Runtime.CompilerServices;
using System.Text.Json;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs;

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
            await blobs.TryCreateAsync(folder.InductionTokens, JsonSerializer.SerializeToUtf8Bytes(job.InductionTokens), cancellation).ConfigureAwait(false);
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

    /// <summary>Deletes a job with everything it has made, whatever its blobs are. Who works on it will notice, and leaves nothing of it.</summary>
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
        var json = await blobs.TryReadAsync(folder.Spec, JobBlobs.MostBytes, cancellation).ConfigureAwait(false) ?? throw new UnreadableBlobException(folder.Spec, "it is missing");
        if (JobBlobs.Parse<Versioned>(json, folder.Spec, _ => null).Format is > JobSpec.KnownFormat and var format)
        {
            throw new UnreadableBlobException(
                folder.Spec, $"a newer version of HeadScope wrote this job (format {format}, where this version knows {JobSpec.KnownFormat})", "Use that version or a later one with it.");
        }

        var spec = JobBlobs.Parse<JobSpec>(json, folder.Spec, spec =>
            spec.Format < JobSpec.KnownFormat ? $"it is of format {spec.Format}, which this version does not know"
            : JobLimits.FaultOf(spec) ?? (spec.Id == folder.Id ? null : $"it is the spec of job {spec.Id}, or of another version of HeadScope"));
        var plan = await blobs.TryReadAsync<JobPlan>(folder.Plan, plan => JobLimits.FaultOf(plan, spec), cancellation).ConfigureAwait(false);
        return (spec, plan ?? throw new UnreadableBlobException(folder.Plan, "it is missing"));
    }

    /// <exception cref="UnreadableBlobException">They are not those the job was made with.</exception>
    public async Task<int[][]> ReadInductionTokensAsync(JobFolder folder, InductionReference induction, CancellationToken cancellation) =>
        await blobs.TryReadAsync<int[][]>(
            folder.InductionTokens,
            rows => rows.Any(row => row is null) || InductionRows.Hash(rows) != induction.Hash ? "these are not the token rows that the job was made with" : null,
            cancellation, MostBytesOf(induction)).ConfigureAwait(false) ?? throw new UnreadableBlobException(folder.InductionTokens, "it is missing");

    /// <summary>The manifest of a job that is done, or null.</summary>
    /// <exception cref="UnreadableBlobException">It is damaged.</exception>
    public Task<Manifest?> ManifestAsync(JobFolder folder, CancellationToken cancellation) => blobs.TryReadAsync<Manifest>(
        folder.Manifest, manifest => manifest.Job == folder.Id ? manifest.Fault() : "it is the manifest of another job", cancellation);

    /// <summary>Merges the statistics of shards that are committed already, for whoever wants to go on from there.</summary>
    /// <exception cref="InvalidDataException">A shard's statistics are damaged, or not of this job.</exception>
    public async IAsyncEnumerable<(ShardRecord Record, HeadStatistics Statistics)> CommittedAsync(
        JobFolder folder, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var (spec, plan) = await ReadAsync(folder, cancellation).ConfigureAwait(false);
        var shape = new ShardShape(spec, plan);
        foreach (var shard in await ShardLedger.CommittedShardsAsync(blobs, folder, cancellation).ConfigureAwait(false))
        {
            var name = folder.ShardStats(shard);
            if (shard >= plan.Shards || await blobs.TryReadAsync(name, shape.MostStatsBytes, cancellation).ConfigureAwait(false) is not { } blob)
                continue;
            var statistics = shape.NewStatistics();
            yield return (ShardStatsFile.Read(blob, name, shape, statistics), statistics);
        }
    }

    /// <summary>Rows in brackets, of numbers that have eleven characters and a comma at the most.</summary>
    static long MostBytesOf(InductionReference induction) => 16 + induction.Rows * (4 + 12 * (2L * induction.Repeat + 1));

    async Task<bool> IsThereAsync(JobFolder folder, CancellationToken cancellation)
    {
        await foreach (var _ in blobs.ListAsync(folder.Prefix, cancellation).ConfigureAwait(false))
            return true;
        return await IsWholeAsync(folder, cancellation).ConfigureAwait(false);
    }

    /// <summary>What every version can read of a spec.</summary>
    sealed record Versioned(int Format = JobSpec.KnownFormat);
}
