using System.Buffers.Binary;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace HeadScope.Jobs.Store.AzureStorage;

/// <summary>
/// A stream whose bytes become a blob: at once if they are few, else as blocks, several on their way at a time. Nothing is seen of
/// them before <see cref="CommitAsync"/>; blocks that are never committed vanish by themselves.
/// </summary>
/// <param name="blockBytes">Of the first blocks. A blob has at most 50,000, so later ones are larger.</param>
internal sealed class BlockWriter(BlockBlobClient blob, string where, int blockBytes, CancellationToken cancellation) : Stream
{
    const int BlocksOnTheirWay = 4;
    const int BlocksOfOneSize = 10_000;
    const int FirstBufferBytes = 1 << 16;

    // Of one length in all writers of a blob, as the service asks, and different in each.
    readonly byte[] _id = [.. Guid.NewGuid().ToByteArray(), 0, 0, 0, 0];
    readonly List<string> _blocks = [];
    readonly Queue<(Task Sent, byte[] Buffer)> _sending = new();
    byte[] _buffer = new byte[Math.Min(FirstBufferBytes, blockBytes)];
    int _filled;
    ETag? _replaced;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    int BlockBytes => blockBytes << Math.Min(6, _blocks.Count / BlocksOfOneSize);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            if (_filled == _buffer.Length)
                await MakeRoomAsync().ConfigureAwait(false);
            buffer = buffer[Take(buffer.Span)..];
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (_filled == _buffer.Length)
                MakeRoomAsync().GetAwaiter().GetResult(); // those who write tables write synchronously
            buffer = buffer[Take(buffer)..];
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Makes what was written the blob's content.</summary>
    /// <exception cref="StoreException">It could not be done, and the blob is what it was; or nobody knows.</exception>
    public Task CommitAsync() => AzureFault.GuardAsync(where, async () =>
    {
        if (_blocks.Count == 0)
            return await blob.UploadAsync(new MemoryStream(_buffer, 0, _filled), new BlobUploadOptions(), cancellation)
                .ConfigureAwait(false);
        if (_filled > 0)
            Send();
        while (_sending.TryDequeue(out var block))
            await block.Sent.ConfigureAwait(false);
        try
        {
            return await blob.CommitBlockListAsync(_blocks, options: null, cancellation).ConfigureAwait(false);
        }
        catch (RequestFailedException e) when (e.ErrorCode == "InvalidBlockList")
        {
            // Whoever commits or deletes a blob discards the blocks that others have sent for it. If somebody did since this
            // writer began, all is as if this one had been there first.
            if (await TagAsync().ConfigureAwait(false) != _replaced)
                return null;
            throw;
        }
    }, cancellation);

    /// <summary>Waits for the blocks on their way, whatever becomes of them: who stops early leaves no request behind.</summary>
    public override async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_sending.Select(block => block.Sent)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    int Take(ReadOnlySpan<byte> bytes)
    {
        var count = Math.Min(bytes.Length, _buffer.Length - _filled);
        bytes[..count].CopyTo(_buffer.AsSpan(_filled));
        _filled += count;
        return count;
    }

    async Task MakeRoomAsync()
    {
        if (_filled < BlockBytes)
        {
            Array.Resize(ref _buffer, Math.Min(BlockBytes, 2 * _filled)); // most blobs are small
            return;
        }

        if (_blocks.Count == 0)
            _replaced = await AzureFault.GuardAsync(where, TagAsync, cancellation).ConfigureAwait(false);
        Send();
        byte[]? spare = null;
        if (_sending.Count > BlocksOnTheirWay)
        {
            (var sent, spare) = _sending.Dequeue();
            await sent.ConfigureAwait(false);
        }

        _buffer = spare?.Length == BlockBytes ? spare : new byte[BlockBytes];
    }

    void Send()
    {
        BinaryPrimitives.WriteInt32BigEndian(_id.AsSpan(^sizeof(int)), _blocks.Count);
        var block = Convert.ToBase64String(_id);
        var content = new MemoryStream(_buffer, 0, _filled);
        _sending.Enqueue(
            (AzureFault.GuardAsync(where, () => blob.StageBlockAsync(block, content, options: null, cancellation), cancellation), _buffer));
        _blocks.Add(block);
        _filled = 0;
    }

    /// <summary>What distinguishes the blob's content from any other it may have; null where there is no blob.</summary>
    async Task<ETag?> TagAsync()
    {
        try
        {
            return (await blob.GetPropertiesAsync(cancellationToken: cancellation).ConfigureAwait(false)).Value.ETag;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    }
}
