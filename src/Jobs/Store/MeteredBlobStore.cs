using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace HeadScope.Jobs.Store;

/// <summary>A store whose requests are timed.</summary>
public sealed class MeteredBlobStore(IBlobStore inner) : IBlobStore
{
    public string Location => inner.Location;

    public Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation = default) =>
        TimeAsync("create", () => inner.TryCreateAsync(name, content, cancellation));

    public Task WriteAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation = default) =>
        TimeAsync("write", () => inner.WriteAsync(name, write, cancellation));

    public Task<byte[]?> TryReadAsync(string name, long most, CancellationToken cancellation) =>
        TimeAsync("read", () => inner.TryReadAsync(name, most, cancellation));

    public Task<bool> ExistsAsync(string name, CancellationToken cancellation = default) =>
        TimeAsync("exists", () => inner.ExistsAsync(name, cancellation));

    public Task ReadRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default) =>
        TimeAsync("read_range", () => inner.ReadRangeAsync(name, offset, destination, cancellation));

    public Task<Stream> OpenReadAsync(string name, CancellationToken cancellation = default) =>
        TimeAsync("open", () => inner.OpenReadAsync(name, cancellation));

    public Task DeleteAsync(string name, CancellationToken cancellation = default) =>
        TimeAsync("delete", () => inner.DeleteAsync(name, cancellation));

    public Task DeleteFolderAsync(string folder, CancellationToken cancellation = default) =>
        TimeAsync("delete_folder", () => inner.DeleteFolderAsync(folder, cancellation));

    public Task TrimFolderAsync(string folder, CancellationToken cancellation = default) =>
        TimeAsync("delete_folder", () => inner.TrimFolderAsync(folder, cancellation));

    public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellation = default) =>
        TimeAsync("list", inner.ListAsync(prefix, cancellation), cancellation);

    public IAsyncEnumerable<string> ListFoldersAsync(string folder, CancellationToken cancellation = default) =>
        TimeAsync("list_folders", inner.ListFoldersAsync(folder, cancellation), cancellation);

    /// <summary>Times what the store takes, not what is done with each item in between.</summary>
    static async IAsyncEnumerable<T> TimeAsync<T>(
        string op, IAsyncEnumerable<T> listed, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var time = TimeSpan.Zero;
        var items = listed.GetAsyncEnumerator(cancellation);
        try
        {
            while (true)
            {
                var started = Stopwatch.GetTimestamp();
                var more = await items.MoveNextAsync().ConfigureAwait(false);
                time += Stopwatch.GetElapsedTime(started);
                if (!more)
                    break;
                yield return items.Current;
            }
        }
        finally
        {
            await items.DisposeAsync().ConfigureAwait(false);
            StoreInstruments.Requested(op, time);
        }
    }

    static async Task<T> TimeAsync<T>(string op, Func<Task<T>> request)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            return await request().ConfigureAwait(false);
        }
        finally
        {
            StoreInstruments.Requested(op, Stopwatch.GetElapsedTime(started));
        }
    }

    static Task TimeAsync(string op, Func<Task> request) => TimeAsync(op, async () =>
    {
        await request().ConfigureAwait(false);
        return true;
    });
}
