using System.Runtime.ExceptionServices;

namespace HeadScope.Data.Frames.Parquet;

/// <summary>
/// What Arrow writes a file to: passes bytes on during <see cref="Run"/>, and drops them otherwise. Arrow's writer ends a file with
/// a valid footer whenever it is freed, also after half of the rows; here that footer goes nowhere.
/// </summary>
/// <remarks>Arrow reports a fault of the stream as text. The exception itself is kept, and thrown again by <see cref="Run"/>.</remarks>
internal sealed class ArrowOutput(Stream stream) : Stream
{
    bool _running;
    Exception? _fault;
    long _written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _written;

    /// <summary>The offset in the file of the next byte, wherever the stream itself started.</summary>
    public override long Position { get => _written; set => throw new NotSupportedException(); }

    /// <exception cref="Exception">The stream's own, if it failed. Nothing is written after that.</exception>
    public void Run(Action write)
    {
        _running = true;
        try
        {
            write();
        }
        catch (Exception) when (_fault is not null)
        {
            // The stream's exception is the cause of Arrow's.
        }
        finally
        {
            _running = false;
        }

        if (_fault is not null)
            ExceptionDispatchInfo.Throw(_fault);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_running && _fault is null)
        {
            try
            {
                stream.Write(buffer);
            }
            catch (Exception fault)
            {
                _fault = fault;
                throw;
            }
        }

        _written += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Does nothing: the writer's caller flushes the stream, once the file is whole.</summary>
    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
