namespace HeadScope.Tests.Support;

/// <summary>Takes bytes and counts them, does nothing else, and fails past <see cref="Limit"/>.</summary>
internal sealed class ForwardOnlyStream : Stream
{
    public long Limit { get; init; } = long.MaxValue;

    /// <summary>What it fails with.</summary>
    public IOException Fault { get; init; } = new("The disk is full.");

    public long Count { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count)
    {
        Count += count;
        if (Count > Limit)
            throw Fault;
    }
}
