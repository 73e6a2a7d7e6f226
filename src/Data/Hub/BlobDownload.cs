using System.Buffers;
using System.Net;

namespace HeadScope.Data.Hub;

/// <summary>
/// Brings one file's content to this machine, whatever the network does: it goes on where a connection broke, and what has come is
/// checked against the etag before it counts.
/// </summary>
/// <param name="partial">A file that may hold the beginning already.</param>
internal sealed class BlobDownload(
    HubConnection connection, HubOptions options, TimeProvider time, HubRepository repository, string commit, FileMetadata file,
    string partial, ProgressMeter meter)
{
    const int BufferSize = 1 << 20;

    /// <summary>How often the whole content may be wrong: the first time, an old beginning may be to blame.</summary>
    const int Tries = 2;

    readonly Patience _patience = new(options, time, meter.Say);
    readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    long _position;
    long _furthest;
    bool _fromStart;

    /// <summary>Returns when <c>partial</c> holds the whole content.</summary>
    /// <exception cref="HubException">It cannot be had, or is not what was announced; then nothing of it is left.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                if (await BringAsync(cancellation).ConfigureAwait(false) is not { } mismatch)
                    return;
                File.Delete(partial);
                _furthest = 0;
                var message = $"{options.Endpoint}: '{file.Name}' of {repository} is not what the hub announced: {mismatch}.";
                if (attempt == Tries)
                {
                    throw new HubException(
                        HubFault.Damaged, $"{message} It came so {Tries} times, and nothing of it was kept. A proxy, a mirror or the hub " +
                            $"alters it: try another network or HF_ENDPOINT.");
                }

                meter.Say($"{message} Starting it over.");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }

    /// <summary>Null where the content is right, else what is wrong with it.</summary>
    async Task<string?> BringAsync(CancellationToken cancellation)
    {
        if (new FileInfo(partial) is { Exists: true } old && old.Length > file.Size)
            File.Delete(partial);
        using var content = File.OpenHandle(
            partial, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
        var hash = new ContentHash(file.Etag, file.Size);
        (_position, _fromStart) = (0, false);
        try
        {
            for (int read; (read = await RandomAccess.ReadAsync(
                content, _buffer, _position, cancellation).ConfigureAwait(false)) > 0; _position += read)
                hash.Append(_buffer.AsSpan(0, read));
            return await _patience.TryAsync(ReceiveAsync, cancellation).ConfigureAwait(false) ?? hash.Mismatch();
        }
        finally
        {
            RandomAccess.FlushToDisk(content); // a blob is believed to be whole
            hash.Dispose();
        }

        async Task<string?> ReceiveAsync()
        {
            if (_position == file.Size)
                return null;
            using var watch = new StallWatch(options.StallTimeout, time, cancellation);
            using var answer = await connection.OpenAsync(repository, commit, file.Name, _fromStart ? 0 : _position, watch)
                .ConfigureAwait(false);
            var address = answer.RequestMessage!.RequestUri!;
            if (answer.StatusCode != HttpStatusCode.PartialContent || answer.Content.Headers.ContentRange is not { } range
                || range.From != _position)
            {
                // The hub has other ideas of where to go on: take everything again.
                hash.Dispose();
                (hash, _position) = (new ContentHash(file.Etag, file.Size), 0);
                if (answer.StatusCode != HttpStatusCode.OK)
                {
                    _fromStart = true;
                    throw new HubException(HubFault.Unreachable, $"{HubAnswers.Show(address)}: answered with {(int)answer.StatusCode} " +
                        $"and another part of '{file.Name}' than was asked for.")
                    {
                        IsTransient = true,
                    };
                }
            }

            return await connection.GuardAsync<string?>(address, repository, watch, async () =>
            {
                using var stream = await answer.Content.ReadAsStreamAsync(watch.Token).ConfigureAwait(false);
                for (int read; (read = await stream.ReadAsync(_buffer, watch.Token).ConfigureAwait(false)) > 0;)
                {
                    watch.Received(read);
                    if (_position + read > file.Size)
                        return $"more than the {file.Size:N0} bytes that were announced";
                    await WriteAsync(read).ConfigureAwait(false);
                }

                return _position == file.Size
                    ? null
                    : throw new HttpIOException(HttpRequestError.ResponseEnded, $"it ended after {_position:N0} of {file.Size:N0} bytes");
            }).ConfigureAwait(false);
        }

        async Task WriteAsync(int count)
        {
            try
            {
                await RandomAccess.WriteAsync(content, _buffer.AsMemory(0, count), _position, cancellation).ConfigureAwait(false);
            }
            catch (IOException e)
            {
                throw new HubException(HubFault.NoRoom, $"{options.NameOf(partial)}: cannot be " +
                    $"written{(options.IsForOthers ? "" : $": {e.Message.TrimEnd('.')}")}. Make room, or set HF_HUB_CACHE to a folder " +
                    $"that has it.", e);
            }

            hash.Append(_buffer.AsSpan(0, count));
            _position += count;
            meter.At(file.Name, _position);
            if (_position - _furthest >= StallWatch.LeastBytes)
            {
                _furthest = _position;
                _patience.Renew();
            }
        }
    }
}
