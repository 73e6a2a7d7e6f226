using System.Buffers;

namespace HeadScope.Data.Text;

/// <summary>The bytes of a stream that have been read, and not yet taken.</summary>
/// <param name="stream">Stays open.</param>
/// <param name="limit">Most bytes that are held.</param>
internal sealed class ByteWindow(Stream stream, int limit) : IDisposable
{
    const int FirstBytes = 1 << 18;

    byte[] _buffer = ArrayPool<byte>.Shared.Rent(Math.Min(FirstBytes, limit));
    int _start;
    int _end;

    public ReadOnlySpan<byte> Rest => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Reads more behind the bytes that are held.</summary>
    /// <returns>False where the stream has ended, or as many are held as may be.</returns>
    public bool Fill()
    {
        if (_end == _buffer.Length)
            MakeRoom();
        var count = stream.Read(_buffer, _end, Math.Min(_buffer.Length - _end, limit - (_end - _start)));
        _end += count;
        return count > 0;
    }

    public void Skip(int count) => _start += count;

    /// <returns>Bytes that are valid until the next call of <see cref="Fill"/>.</returns>
    public ReadOnlySpan<byte> Take(int count)
    {
        _start += count;
        return _buffer.AsSpan(_start - count, count);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    void MakeRoom()
    {
        var old = _buffer;
        var held = Rest;
        if (held.Length > old.Length / 2)
            _buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * old.Length, Math.Max(limit, old.Length + 1)));
        held.CopyTo(_buffer);
        (_start, _end) = (0, held.Length);
        if (_buffer != old)
            ArrayPool<byte>.Shared.Return(old);
    }
}
