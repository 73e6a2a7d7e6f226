using System.Diagnostics;
using HeadScope.Client.Output;
using HeadScope.Jobs;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Work;

namespace HeadScope.Client;

/// <summary>
/// One job in one folder: its store is <c>.headscope</c> there, its results lie at the top. Running it again resumes it, or finds it done.
/// </summary>
internal sealed class LocalRun(JobRequest request, string output, EngineOptions engine, bool force, Report report)
{
    const string StoreFolder = ".headscope";
    const string ManifestFile = "manifest.json";

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var job = await report.WithModelsAsync(models => JobResolver.ResolveAsync(request, models, cancellation)).ConfigureAwait(false);
        var blobs = new FileBlobStore(Path.Combine(output, StoreFolder));
        blobs.DeleteAbandoned();
        var jobs = new JobStore(blobs);
        var folder = new JobFolder(job.Spec.Id);
        await CheckOwnershipAsync(job.Spec, cancellation).ConfigureAwait(false);
        if (force)
            await jobs.DeleteAsync(folder, cancellation).ConfigureAwait(false);

        var manifest = await jobs.ManifestAsync(folder, cancellation).ConfigureAwait(false);
        if (manifest is not null && await IsExportedAsync(manifest, cancellation).ConfigureAwait(false))
        {
            report.AlreadyDone(manifest, output);
            return ExitCode.Done;
        }

        if (manifest is null)
        {
            await jobs.SubmitAsync(job, cancellation).ConfigureAwait(false);
            await jobs.ReopenAsync(folder, cancellation).ConfigureAwait(false);
            manifest = await report.WatchAsync(jobs, folder, observer => new LocalEngine(jobs, engine with { VerifyInputs = false }, TimeProvider.System).RunAsync(folder, observer, cancellation), cancellation)
                .ConfigureAwait(false);
        }

        await ExportAsync(jobs, folder, manifest, cancellation).ConfigureAwait(false);
        report.Done(manifest, output, Stopwatch.GetElapsedTime(started));
        return ExitCode.Done;
    }

    /// <summary>Refuses to mix two jobs' results.</summary>
    async Task CheckOwnershipAsync(JobSpec spec, CancellationToken cancellation)
    {
        var path = Path.Combine(output, ManifestFile);
        if (force || !File.Exists(path))
            return;
        var other = JobJson.Read<Manifest>(await File.ReadAllBytesAsync(path, cancellation).ConfigureAwait(false), path);
        if (other.Job != spec.Id)
        {
            throw new InvalidJobException([
                $"{output} holds the results of another job: {other.Model.Name}, {other.Tokens.Rows} rows of {other.Tokens.Context}, or other options. Choose another --out, or replace them with --force."]);
        }
    }

    async Task<bool> IsExportedAsync(Manifest manifest, CancellationToken cancellation)
    {
        var path = Path.Combine(output, ManifestFile);
        return File.Exists(path)
            && (await File.ReadAllBytesAsync(path, cancellation).ConfigureAwait(false)).AsSpan().SequenceEqual(JobJson.Write(manifest))
            && manifest.Files.All(file => new FileInfo(Path.Combine(output, file.Key)) is { Exists: true } info && info.Length == file.Value.Bytes);
    }

    /// <summary>Copies results to the top of the output folder, the manifest last.</summary>
    async Task ExportAsync(JobStore jobs, JobFolder folder, Manifest manifest, CancellationToken cancellation)
    {
        var target = new FileBlobStore(output);
        foreach (var file in manifest.Files.Keys.Append("timings.json").Append(ManifestFile))
        {
            await target.WriteAsync(file, async (stream, token) =>
            {
                await using var source = await jobs.Blobs.OpenReadAsync(folder.Result(file), token).ConfigureAwait(false);
                await source.CopyToAsync(stream, 1 << 20, token).ConfigureAwait(false);
            }, cancellation).ConfigureAwait(false);
        }
    }
}
