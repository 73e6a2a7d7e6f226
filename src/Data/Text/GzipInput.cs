using System.IO.Compression;
using System.Text;
using HeadScope.Data.Files;

namespace HeadScope.Data.Text;

/// <summary>
/// Decompresses a gzip file, and fails where its end is missing. The base library's stream takes half a file for a whole one; so
/// this one adds, behind the file, a compressed mark of its own. The mark comes out only if all before it was complete.
/// </summary>
internal sealed class GzipInput : Stream
{
    static readonly byte[] Mark = Encoding.ASCII.GetBytes("<end of the file: 9f1e7c40>");
    static readonly byte[] CompressedMark = Compress(Mark);

    readonly string _file;
    readonly FileStream _input;
    readonly GZipStream _gzip;
    readonly byte[] _buffer = new byte[1 << 16];
    int _start;
    int _end;
    bool _ended;
    long _given;

    /// <param name="input">A file that is disposed of with this stream.</param>
    /// <param name="file">Its name, for error messages.</param>
    public GzipInput(FileStream input, string file)
    {
        (_input, _file) = (input, file);
        _gzip = new GZipStream(new Appended(input), CompressionMode.Decompress);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <exception cref="InvalidDataException">The file is damaged, or its end is missing.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (!_ended && _end - _start <= Mark.Length)
            Fill();
        var count = _ended ? 0 : Math.Min(buffer.Length, _end - _start - Mark.Length); // what could be the mark waits
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        _given += count;
        return count;
    }

    /// <summary>
    /// Fails if the file has been read to an end that is not the last: then what is wrong with the text is that it was cut off.
    /// </summary>
    /// <exception cref="InvalidDataException">It has.</exception>
    public void CheckEnd()
    {
        var rest = new byte[1 << 12];
        while (_input.Position == _input.Length && Read(rest) > 0)
            continue;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gzip.Dispose();
            _input.Dispose();
        }

        base.Dispose(disposing);
    }

    void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        try
        {
            var count = _gzip.Read(_buffer, _end, _buffer.Length - _end);
            _end += count;
            _ended = count == 0;
        }
        catch (InvalidDataException)
        {
            throw Damaged("bytes that are not gzip's, or not the last ones");
        }

        if (_ended && (_input.Length == 0 || !_buffer.AsSpan(0, _end).SequenceEqual(Mark)))
            throw Damaged("the end of the file");
    }

    InvalidDataException Damaged(string found) => Fault.At(
        _file, $"behind {_given} bytes of text", found, "a whole gzip file", Fault.Damaged);

    static byte[] Compress(byte[] bytes)
    {
        var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionLevel.Optimal))
            gzip.Write(bytes);
        return result.ToArray();
    }

    /// <summary>The file, and the compressed mark behind it.</summary>
    sealed class Appended(Stream file) : Stream
    {
        int _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (_at == 0 && file.Read(buffer, offset, count) is > 0 and var read)
                return read;
            count = Math.Min(count, CompressedMark.Length - _at);
            CompressedMark.AsSpan(_at, count).CopyTo(buffer.AsSpan(offset));
            _at += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
