using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using HeadScope.Data.Files;

namespace HeadScope.Data.Weights.PyTorch;

/// <summary>
/// Reads the operands of a pickle front to back through a small window on its file, so that a length in the pickle allocates
/// nothing before as many bytes are known to exist.
/// </summary>
/// <param name="source">The file that holds the pickle.</param>
/// <param name="name">What the pickle is called in error messages.</param>
/// <param name="start">Where in the file it starts.</param>
/// <param name="length">The most bytes it can have.</param>
internal sealed class PickleInput(ByteSource source, string name, long start, long length)
{
    const int WindowBytes = 1 << 16;

    byte[] _window = new byte[(int)Math.Min(length, WindowBytes)];
    int _next;
    int _filled;
    long _windowStart;

    public ByteSource Source => source;

    public string Name => name;

    /// <summary>Bytes taken so far.</summary>
    public long Position => _windowStart + _next;

    /// <summary>Bytes not yet taken.</summary>
    public long Left => length - Position;

    public byte TakeByte() => Take(1)[0];

    public ushort TakeUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int TakeInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public uint TakeUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong TakeUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public double TakeDouble() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>The next <paramref name="count"/> bytes, valid until the next call.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > Left)
            throw Fail($"{Left} bytes to its end", $"{count} more", Fault.Damaged);
        if (count > _filled - _next)
            Fill(count);
        _next += count;
        return _window.AsSpan(_next - count, count);
    }

    /// <summary>Passes over <paramref name="count"/> bytes without reading them.</summary>
    public void Skip(ulong count)
    {
        if (count > (ulong)Left)
            throw Fail($"{Left} bytes to its end", $"{count} more", Fault.Damaged);
        var buffered = (int)Math.Min(count, (ulong)(_filled - _next));
        _next += buffered;
        if (count > (ulong)buffered)
        {
            _windowStart = Position + (long)(count - (ulong)buffered);
            _next = _filled = 0;
        }
    }

    public string TakeString(ulong bytes)
    {
        if (bytes > Limits.StringBytes)
            throw Fail($"a string of {bytes} bytes", $"at most {Limits.StringBytes}", Remedy.Resave);
        var text = Take((int)bytes);
        if (!Utf8.IsValid(text))
            throw Fail("a string that is not UTF-8", "UTF-8", Fault.Damaged);
        return Encoding.UTF8.GetString(text);
    }

    /// <summary>A line of ASCII up to a newline, which is taken but not returned.</summary>
    public string TakeLine()
    {
        var text = new StringBuilder();
        for (var c = TakeByte(); c != '\n'; c = TakeByte())
        {
            if (text.Length == Limits.NameLength || c is < 0x20 or > 0x7e)
                throw Fail("no global's name", $"a line of at most {Limits.NameLength} ASCII characters", Remedy.Resave);
            text.Append((char)c);
        }

        return text.ToString();
    }

    public InvalidDataException Fail(string found, string expected, string remedy) =>
        source.Fail($"byte {Position} of {name}", found, expected, remedy);

    void Fill(int count)
    {
        var kept = _window.AsSpan(_next, _filled - _next);
        var window = count > _window.Length ? new byte[count] : _window;
        kept.CopyTo(window);
        _windowStart += _next;
        _next = 0;
        _filled = (int)Math.Min(window.Length, length - _windowStart);
        source.Read(start + _windowStart + kept.Length, window.AsSpan(kept.Length, _filled - kept.Length));
        _window = window;
    }
}
