using System.Globalization;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace HeadScope.Jobs.Store.AzureStorage;

/// <summary>
/// Blobs in a container of an Azure storage account, or of an emulator. Requests that fail in passing are sent again; a creation
/// whose answer was lost finds its own mark on the blob, and so knows that it was the one.
/// </summary>
public sealed class AzureBlobStore : IBlobStore
{
    /// <summary>A blob's metadata: which call of <see cref="TryCreateAsync"/> created it.</summary>
    const string CreationMark = "headscope_creation";

    /// <summary>How often to look again at a blob that changed under a request.</summary>
    const int Attempts = 10;

    readonly BlobContainerClient _container;
    readonly string _prefix;
    readonly AzureStoreOptions _options;

    AzureBlobStore(AzureLocation location, AzureStoreOptions options)
    {
        _container = location.Connect(options.Client());
        _prefix = location.Prefix;
        _options = options;
        Location = location.Display;
    }

    public string Location { get; }

    /// <summary>Opens a container and sees that it can be listed.</summary>
    /// <param name="create">Whether to create the container where there is none and it may be created.</param>
    /// <exception cref="StoreException">There is no such container, or it may not be used; the message says what to do.</exception>
    public static async Task<AzureBlobStore> OpenAsync(
        AzureLocation location, bool create, AzureStoreOptions? options = null, CancellationToken cancellation = default)
    {
        var store = new AzureBlobStore(location, options ?? new AzureStoreOptions());
        if (create)
            await store.CreateContainerAsync(cancellation).ConfigureAwait(false);
        await using var pages = store._container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix: store._prefix, cancellationToken: cancellation).AsPages(pageSizeHint: 1).GetAsyncEnumerator(cancellation);
        await AzureFault.GuardAsync(store.Location, () => pages.MoveNextAsync().AsTask(), cancellation).ConfigureAwait(false);
        return store;
    }

    public Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation = default)
    {
        var blob = Blob(name);
        var options = new BlobUploadOptions
        {
            Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
            Metadata = new Dictionary<string, string> { [CreationMark] = Guid.NewGuid().ToString("N") },
        };
        return AzureFault.GuardAsync(Where(name), async () =>
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    await blob.UploadAsync(BinaryData.FromBytes(content).ToStream(), options, cancellation).ConfigureAwait(false);
                    return true;
                }
                catch (RequestFailedException e) when (e.ErrorCode is "BlobAlreadyExists" or "ConditionNotMet")
                {
                    // There is a blob. It may be this caller's: the request is sent again when its answer is lost.
                }

                try
                {
                    var found = await blob.GetPropertiesAsync(cancellationToken: cancellation).ConfigureAwait(false);
                    return found.Value.Metadata.TryGetValue(CreationMark, out var mark) && mark == options.Metadata[CreationMark];
                }
                catch (RequestFailedException e) when (e.Status == 404 && attempt < Attempts)
                {
                    await Task.Delay(_options.RetryDelay, cancellation).ConfigureAwait(false); // deleted since, it may be created again
                }
            }
        }, cancellation);
    }

    public async Task WriteAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation = default)
    {
        await using var writer = new BlockWriter(Blob(name), Where(name), _options.BlockBytes, cancellation);
        await write(writer, cancellation).ConfigureAwait(false);
        await writer.CommitAsync().ConfigureAwait(false);
    }

    public Task<byte[]?> TryReadAsync(string name, long most, CancellationToken cancellation)
    {
        var blob = Blob(name);
        var options = new BlobDownloadOptions { Range = new HttpRange(0, most + 1) }; // no more is sent of one that has more
        return AzureFault.GuardAsync<byte[]?>(Where(name), async () =>
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    using var download = (await blob.DownloadStreamingAsync(options, cancellation).ConfigureAwait(false)).Value;
                    if (download.Details.ContentLength > most)
                        throw UnreadableBlobException.TooLarge(name, LengthIn(download.Details.ContentRange), most);
                    var content = new byte[download.Details.ContentLength];
                    await download.Content.ReadExactlyAsync(content, cancellation).ConfigureAwait(false);
                    return content;
                }
                catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.BlobNotFound)
                {
                    return null;
                }
                catch (RequestFailedException e) when (e.Status == 416)
                {
                    return []; // nothing has no part
                }
                catch (RequestFailedException e) when (e.Status == 412 && attempt < Attempts)
                {
                    // It was replaced between the parts of a read that had to be taken up again.
                }
            }
        }, cancellation);
    }

    public async Task<bool> ExistsAsync(string name, CancellationToken cancellation = default)
    {
        var blob = Blob(name);
        return (await AzureFault.GuardAsync(Where(name), () => blob.ExistsAsync(cancellation), cancellation).ConfigureAwait(false)).Value;
    }

    public Task ReadRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default)
    {
        var blob = Blob(name);
        return AzureFault.GuardAsync(Where(name), async () =>
        {
            if (destination.IsEmpty)
                return 0; // no request can ask for nothing
            var options = new BlobDownloadOptions { Range = new HttpRange(offset, destination.Length) };
            using var download = (await blob.DownloadStreamingAsync(options, cancellation).ConfigureAwait(false)).Value;
            var read = await download.Content.ReadAtLeastAsync(destination, destination.Length, throwOnEndOfStream: false, cancellation)
                .ConfigureAwait(false);
            return read == destination.Length
                ? read
                : throw new StoreException($"{Where(name)}: the blob ends at {offset + read}, before what should be read.");
        }, cancellation);
    }

    public Task<Stream> OpenReadAsync(string name, CancellationToken cancellation = default)
    {
        var blob = Blob(name);
        return AzureFault.GuardAsync<Stream>(Where(name), async () =>
            new AzureReadStream(await blob.OpenReadAsync(new BlobOpenReadOptions(allowModifications: false), cancellation).ConfigureAwait(false), Where(name)), cancellation);
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (var blob in ListAllAsync(prefix, cancellation).ConfigureAwait(false))
        {
            if (BlobName.Is(blob.Name))
                yield return blob;
        }
    }

    public async IAsyncEnumerable<string> ListFoldersAsync(string folder, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var start = _prefix + BlobName.CheckPrefix(folder);
        await using var pages = _container.GetBlobsByHierarchyAsync(
            BlobTraits.None, BlobStates.None, delimiter: "/", prefix: start, cancellationToken: cancellation)
            .AsPages(pageSizeHint: _options.PageSize).GetAsyncEnumerator(cancellation);
        while (await AzureFault.GuardAsync(Where(folder), () => pages.MoveNextAsync().AsTask(), cancellation).ConfigureAwait(false))
        {
            foreach (var below in pages.Current.Values.Where(item => item.IsPrefix))
                yield return below.Prefix[start.Length..].TrimEnd('/');
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellation = default) => DeleteFoundAsync(BlobName.Check(name), cancellation);

    public async Task DeleteFolderAsync(string folder, CancellationToken cancellation = default)
    {
        var names = new List<string>();
        await foreach (var blob in ListAllAsync(folder, cancellation).ConfigureAwait(false))
            names.Add(blob.Name);
        await BlobStoreExtensions.DeleteAsync(names, DeleteFoundAsync, cancellation).ConfigureAwait(false);
    }

    /// <summary>Nothing to do: folders are parts of names.</summary>
    public Task TrimFolderAsync(string folder, CancellationToken cancellation = default) => Task.CompletedTask;

    /// <summary>Deletes what was found in the container, though its name be none that this program gives.</summary>
    Task DeleteFoundAsync(string name, CancellationToken cancellation)
    {
        var blob = _container.GetBlockBlobClient(_prefix + name);
        return AzureFault.GuardAsync(
            Where(name), () => blob.DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellation),
            cancellation);
    }

    async IAsyncEnumerable<BlobInfo> ListAllAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var start = _prefix + BlobName.CheckPrefix(prefix);
        await using var pages = _container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix: start, cancellationToken: cancellation)
            .AsPages(pageSizeHint: _options.PageSize).GetAsyncEnumerator(cancellation);
        while (await AzureFault.GuardAsync(Where(prefix), () => pages.MoveNextAsync().AsTask(), cancellation).ConfigureAwait(false))
        {
            foreach (var blob in pages.Current.Values)
                yield return new BlobInfo(
                    blob.Name[_prefix.Length..], blob.Properties.ContentLength ?? 0, blob.Properties.ETag?.ToString() ?? "");
        }
    }

    /// <remarks>What may use a container need not be allowed to create one, or to ask whether it is there: then it is taken to be
    /// there.</remarks>
    Task CreateContainerAsync(CancellationToken cancellation) => AzureFault.GuardAsync(Location, async () =>
    {
        try
        {
            return await _container.CreateIfNotExistsAsync(cancellationToken: cancellation).ConfigureAwait(false) is not null;
        }
        catch (RequestFailedException e) when (e.Status == 403)
        {
            return false;
        }
    }, cancellation);

    /// <summary>Of a whole blob, as the header for a part of it says: <c>bytes 0-9/100</c>.</summary>
    static long LengthIn(string range) => long.Parse(range.AsSpan(range.LastIndexOf('/') + 1), CultureInfo.InvariantCulture);

    BlockBlobClient Blob(string name) => _container.GetBlockBlobClient(_prefix + BlobName.Check(name));

    string Where(string name) => $"{Location}/{name}";
}
