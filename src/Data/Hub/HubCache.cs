using System.Text;

namespace HeadScope.Data.Hub;

/// <summary>
/// One repository's part of the cache that all tools of the ecosystem share: <c>blobs</c> by etag, <c>snapshots</c> of commits with
/// links to blobs, <c>refs</c> from revisions to commits, <c>trees</c> of what each commit holds.
/// </summary>
internal sealed class HubCache(HubOptions options, HubRepository repository)
{
    public string Folder { get; } = Path.Combine(options.Cache, repository.FolderName);

    public string Blobs => Path.Combine(Folder, "blobs");

    public string BlobPath(string etag) => Path.Combine(Blobs, etag);

    public string PartialPath(string etag) => $"{BlobPath(etag)}.incomplete";

    /// <summary>The lock that huggingface_hub takes for the same blob.</summary>
    public string LockPath(string etag) => Path.Combine(options.Cache, ".locks", repository.FolderName, $"{etag}.lock");

    public string SnapshotFolder(string commit) => Path.Combine(Folder, "snapshots", commit);

    public bool Holds(string commit, string name) => IsFile(RepositoryPath.Under(SnapshotFolder(commit), name));

    /// <summary>What is known of a revision without asking the hub, or null.</summary>
    public HubListing? Find(string revision)
    {
        var commit = HubRepository.IsCommit(revision) ? revision : ReadReference(revision);
        if (commit is null)
            return null;
        try
        {
            return HubListing.ParseTree(commit, File.ReadAllBytes(TreePath(commit)));
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            // Older tools keep no trees, and a damaged one is none.
        }

        var snapshot = SnapshotFolder(commit);
        return Directory.Exists(snapshot)
            ? new HubListing(commit, [.. Directory.EnumerateFiles(snapshot, "*", SearchOption.AllDirectories).Where(IsFile)
                .Select(path => new HubFile(Path.GetRelativePath(snapshot, path).Replace('\\', '/')))], IsComplete: false)
            : null;
    }

    /// <summary>Keeps what the hub said, where the cache can be written to. Another machine's shared cache may not be.</summary>
    public void Remember(string revision, HubListing listing)
    {
        try
        {
            if (revision != listing.Commit && ReadReference(revision) != listing.Commit)
                Replace(ReferencePath(revision), Encoding.UTF8.GetBytes(listing.Commit));
            if (listing.IsComplete && !File.Exists(TreePath(listing.Commit)) && listing.ToTree() is { } tree)
                Replace(TreePath(listing.Commit), tree);
        }
        catch (Exception e) when (e is IOException and not HubException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>Gives a blob its name in a snapshot.</summary>
    public void Link(string etag, string commit, string name)
    {
        var path = RepositoryPath.Under(SnapshotFolder(commit), name);
        var folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        var draft = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
        if (options.Symlinks && TryLink(draft, Path.GetRelativePath(folder, BlobPath(etag))))
        {
            File.Move(draft, path, overwrite: true);
            return;
        }

        // Without links the snapshot's file is the only one, unless another commit needs the blob too: then the blob is there again.
        File.Move(BlobPath(etag), path, overwrite: true);
    }

    /// <summary>Not a link that leads nowhere: to <see cref="File.Exists"/> that is a file too.</summary>
    static bool IsFile(string path) => new FileInfo(path) is { Exists: true } file
        && (file.LinkTarget is null || file.ResolveLinkTarget(returnFinalTarget: true) is { Exists: true });

    /// <summary>Writes a small file so that no reader sees half of it.</summary>
    static void Replace(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var draft = $"{path}.{Guid.NewGuid():N}.tmp";
        File.WriteAllBytes(draft, content);
        File.Move(draft, path, overwrite: true);
    }

    /// <summary>Fails where the system or the file system has no links, or allows them to administrators only.</summary>
    static bool TryLink(string path, string target)
    {
        try
        {
            File.CreateSymbolicLink(path, target);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    string? ReadReference(string revision)
    {
        var path = ReferencePath(revision);
        try
        {
            return File.Exists(path) && File.ReadAllText(path).Trim() is var commit && HubRepository.IsCommit(commit) ? commit : null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    string ReferencePath(string revision) => RepositoryPath.IsSafe(revision)
        ? RepositoryPath.Under(Path.Combine(Folder, "refs"), revision)
        : throw new HubException(
            HubFault.Refused,
            $"'{RepositoryPath.Printable(revision)}' cannot be a revision: expected a branch, a tag or a whole commit (40 hex digits).");

    string TreePath(string commit) => Path.Combine(Folder, "trees", $"{commit}.json");
}
