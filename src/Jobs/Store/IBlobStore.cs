namespace HeadScope.Jobs.Store;

/// <summary>
/// Named blobs that many processes share. Names are paths with forward slashes. A blob is seen whole or not at all.
/// </summary>
public interface IBlobStore
{
    /// <summary>The most that is read whole of a blob of which no less is known, in bytes.</summary>
    const int MostBytes = 64 << 20;

    /// <summary>Where the blobs are, for people.</summary>
    string Location { get; }

    /// <summary>Creates a blob unless there is one: of several callers, anywhere, exactly one is told true.</summary>
    Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation = default);

    /// <summary>Creates or replaces a blob with what <paramref name="write"/> writes; if that throws, nothing has changed.</summary>
    Task WriteAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation = default);

    /// <summary>A blob's content, or null where there is none.</summary>
    /// <param name="most">How many bytes it can have: of one that has more, none is read.</param>
    /// <exception cref="UnreadableBlobException">It has more, or cannot be read though the store answers.</exception>
    Task<byte[]?> TryReadAsync(string name, long most, CancellationToken cancellation);

    /// <summary>A blob's content, up to <see cref="MostBytes"/>, or null where there is none.</summary>
    Task<byte[]?> TryReadAsync(string name, CancellationToken cancellation = default) => TryReadAsync(name, MostBytes, cancellation);

    /// <summary>Whether there is anything of this name, readable or not.</summary>
    Task<bool> ExistsAsync(string name, CancellationToken cancellation = default);

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offset"/> on.</summary>
    Task ReadRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default);

    /// <summary>A stream over a blob.</summary>
    Task<Stream> OpenReadAsync(string name, CancellationToken cancellation = default);

    /// <summary>The blobs whose names start with a prefix, in no particular order.</summary>
    IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellation = default);

    /// <summary>
    /// The folders right below one, without what is in them, in no particular order: <c>b</c> where there is a blob <c>a/b/c</c> and
    /// <paramref name="folder"/> is <c>a/</c>. The empty text is the folder of all.
    /// </summary>
    IAsyncEnumerable<string> ListFoldersAsync(string folder, CancellationToken cancellation = default);

    /// <summary>Deletes a blob, if there is one.</summary>
    Task DeleteAsync(string name, CancellationToken cancellation = default);

    /// <summary>Deletes all blobs below a folder, and whatever else the store has there.</summary>
    /// <param name="folder">With its slash at the end.</param>
    Task DeleteFolderAsync(string folder, CancellationToken cancellation = default);

    /// <summary>Removes what the store keeps of a folder that holds no blobs any more; nothing where it holds some.</summary>
    /// <param name="folder">With its slash at the end.</param>
    Task TrimFolderAsync(string folder, CancellationToken cancellation = default);
}

/// <param name="Version">Differs from what it was once the blob has been replaced, unless that was within the same few
/// milliseconds.</param>
public readonly record struct BlobInfo(string Name, long Length, string Version);

/// <summary>The store could not do what was asked: it is full, unreachable, not writable. What was stored before is safe.</summary>
public sealed class StoreException(string message, Exception? cause = null) : IOException(message, cause);

public static class BlobStoreExtensions
{
    const int DeletionsAtATime = 16;

    /// <summary>Deletes blobs, several at a time: where the store is far away, each takes a while and none much work.</summary>
    public static Task DeleteAsync(this IBlobStore store, IEnumerable<string> names, CancellationToken cancellation = default) =>
        DeleteAsync(names, store.DeleteAsync, cancellation);

    internal static Task DeleteAsync(
        IEnumerable<string> names, Func<string, CancellationToken, Task> delete, CancellationToken cancellation) => Parallel.ForEachAsync(
        names, new ParallelOptions { MaxDegreeOfParallelism = DeletionsAtATime, CancellationToken = cancellation },
        async (name, token) => await delete(name, token).ConfigureAwait(false));

    /// <summary>A stream over a blob from a byte on.</summary>
    public static async Task<Stream> OpenFromAsync(
        this IBlobStore store, string name, long offset, CancellationToken cancellation = default)
    {
        var stream = await store.OpenReadAsync(name, cancellation).ConfigureAwait(false);
        stream.Seek(offset, SeekOrigin.Begin);
        return stream;
    }

    public static Task WriteAsync(this IBlobStore store, string name, ReadOnlyMemory<byte> content, CancellationToken cancellation = default) =>
        store.WriteAsync(name, (stream, token) => stream.WriteAsync(content, token).AsTask(), cancellation);
}
