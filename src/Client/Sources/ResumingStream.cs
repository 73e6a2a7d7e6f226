namespace HeadScope.Client.Sources;

/// <summary>A download that goes on where its connection broke. Reads only.</summary>
/// <param name="open">Opens the content from a position on.</param>
/// <param name="position">Where to start.</param>
internal sealed class ResumingStream(Func<long, CancellationToken, Task<Stream>> open, long position, TimeProvider time) : Stream
{
    /// <summary>How often in a row a connection may break without having brought anything.</summary>
    const int MostBreaks = 5;

    static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);

    Stream? _inner;
    int _breaks;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => position; set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                _inner ??= await open(position, cancellationToken).ConfigureAwait(false);
                var count = await _inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                position += count;
                _breaks = 0;
                return count;
            }
            catch (Exception e) when (e is HttpRequestException or (IOException and not ServerException))
            {
                if (++_breaks > MostBreaks)
                    throw new ServerException(
                        $"A download broke off {_breaks} times in a row ({e.Message.TrimEnd('.')}). What was fetched is kept: the same " +
                        $"command again goes on from there.", e);
                if (_inner is not null)
                    await _inner.DisposeAsync().ConfigureAwait(false);
                _inner = null;
                await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inner?.Dispose();
        base.Dispose(disposing);
    }
}
