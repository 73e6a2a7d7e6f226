using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Tests.Store;

/// <summary>A store in which something happens just before a blob is read, created or written.</summary>
/// <param name="before">Given what is about to be done, <c>read</c>, <c>create</c> or <c>write</c>, and to which blob.</param>
internal sealed class InterruptedStore(IBlobStore inner, Action<string, string> before) : IBlobStore
{
    public string Location => inner.Location;

    public Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation = default)
    {
        before("create", name);
        return inner.TryCreateAsync(name, content, cancellation);
    }

    public Task WriteAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation = default)
    {
        before("write", name);
        return inner.WriteAsync(name, write, cancellation);
    }

    public Task<byte[]?> TryReadAsync(string name, long most, CancellationToken cancellation)
    {
        before("read", name);
        return inner.TryReadAsync(name, most, cancellation);
    }

    public Task<bool> ExistsAsync(string name, CancellationToken cancellation = default) => inner.ExistsAsync(name, cancellation);

    public Task ReadRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default) =>
        inner.ReadRangeAsync(name, offset, destination, cancellation);

    public Task<Stream> OpenReadAsync(string name, CancellationToken cancellation = default) => inner.OpenReadAsync(name, cancellation);

    public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellation = default) =>
        inner.ListAsync(prefix, cancellation);

    public IAsyncEnumerable<string> ListFoldersAsync(string folder, CancellationToken cancellation = default) =>
        inner.ListFoldersAsync(folder, cancellation);

    public Task DeleteAsync(string name, CancellationToken cancellation = default) => inner.DeleteAsync(name, cancellation);

    public Task DeleteFolderAsync(string folder, CancellationToken cancellation = default) => inner.DeleteFolderAsync(folder, cancellation);

    public Task TrimFolderAsync(string folder, CancellationToken cancellation = default) => inner.TrimFolderAsync(folder, cancellation);
}
