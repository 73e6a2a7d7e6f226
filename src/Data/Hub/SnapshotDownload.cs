using System.Globalization;

namespace HeadScope.Data.Hub;

/// <summary>Brings files of one commit into the cache: first asks what they are, then takes those that no one else brings.</summary>
internal sealed class SnapshotDownload(
    HubConnection connection, HubCache cache, HubOptions options, TimeProvider time, HubRepository repository, string commit,
    ProgressMeter meter)
{
    public async Task RunAsync(IReadOnlyList<HubFile> files, CancellationToken cancellation)
    {
        foreach (var file in files)
            RepositoryPath.Under(cache.SnapshotFolder(commit), file.Name); // refuses before anything is asked or written
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Connections, CancellationToken = cancellation };
        var described = new FileMetadata[files.Count];
        await Parallel.ForAsync(0, files.Count, parallel, async (index, token) =>
            described[index] = await new Patience(options, time, meter.Say)
                .TryAsync(() => connection.DescribeAsync(repository, commit, files[index], token), token).ConfigureAwait(false)).ConfigureAwait(false);

        Directory.CreateDirectory(cache.Blobs);
        CheckSpace(described);
        meter.Expect(described.Length, described.Sum(file => file.Size));
        await Parallel.ForEachAsync(described, parallel, async (file, token) =>
        {
            await BringAsync(file, token).ConfigureAwait(false);
            meter.Done(file.Name, file.Size);
        }).ConfigureAwait(false);
    }

    async Task BringAsync(FileMetadata file, CancellationToken cancellation)
    {
        void Waiting() => meter.Say($"Waiting for another process, which is downloading '{file.Name}' of {repository}.");
        using var held = await HubLock.AcquireAsync(cache.LockPath(file.Etag), Waiting, time, cancellation).ConfigureAwait(false);
        if (cache.Holds(commit, file.Name))
            return;
        var (blob, partial) = (cache.BlobPath(file.Etag), cache.PartialPath(file.Etag));
        if (!File.Exists(blob))
        {
            await new BlobDownload(connection, options, time, repository, commit, file, partial, meter).RunAsync(cancellation)
                .ConfigureAwait(false);
            Publish(partial, blob);
        }

        cache.Link(file.Etag, commit, file.Name);
    }

    static void Publish(string partial, string blob)
    {
        try
        {
            File.Move(partial, blob, overwrite: true);
        }
        catch (FileNotFoundException) when (File.Exists(blob))
        {
            // Another, whom no lock has reached, was first with the same file.
        }
    }

    void CheckSpace(FileMetadata[] files)
    {
        var needed = files.DistinctBy(file => file.Etag).Where(file => !File.Exists(cache.BlobPath(file.Etag)))
            .Sum(file => file.Size - (new FileInfo(cache.PartialPath(file.Etag)) is { Exists: true } partial ? Math.Min(partial.Length, file.Size) : 0));
        long free;
        try
        {
            free = new DriveInfo(cache.Blobs).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return; // some network drives do not say
        }

        if (needed > free)
        {
            throw new HubException(HubFault.NoRoom, string.Create(CultureInfo.InvariantCulture,
                $"{options.NameOf(options.Cache)}: {repository} takes {needed / 1e6:N1} MB more, and {free / 1e6:N1} MB are free. Make " +
                $"room, or set HF_HUB_CACHE to a folder that has it."));
        }
    }
}
