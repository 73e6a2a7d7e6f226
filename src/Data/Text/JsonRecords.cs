using System.Text;
using HeadScope.Data.Files;

namespace HeadScope.Data.Text;

/// <summary>
/// Cuts a stream of JSON into records: its lines, or, where it begins with a bracket, the objects of that array. A byte order mark is
/// passed over, and so are empty lines. What is in a record is not looked at beyond where it ends.
/// </summary>
/// <param name="stream">Read forward; stays open.</param>
/// <param name="file">Its name, for error messages.</param>
/// <param name="limit">Bytes of the longest record allowed. Memory for the longest that occurs is held.</param>
internal sealed class JsonRecords(Stream stream, string file, int limit) : IDisposable
{
    readonly ByteWindow _window = new(stream, limit);
    long _number;
    bool _started;
    bool _isArray;
    bool _ended;

    /// <summary>Where the last record is, for error messages; counted from 1, as editors do.</summary>
    public string Where => $"{(_isArray ? "object" : "line")} {_number}";

    /// <param name="record">Valid until the next call.</param>
    /// <returns>False behind the last record.</returns>
    /// <exception cref="InvalidDataException">A record is too long, or the array is damaged.</exception>
    public bool TryRead(out ReadOnlySpan<byte> record)
    {
        if (!_started)
            Start();
        return _isArray ? TryReadObject(out record) : TryReadLine(out record);
    }

    public void Dispose() => _window.Dispose();

    void Start()
    {
        _started = true;
        while (_window.Rest.Length < Encoding.UTF8.Preamble.Length && _window.Fill())
            continue;
        if (_window.Rest.StartsWith(Encoding.UTF8.Preamble))
            _window.Skip(Encoding.UTF8.Preamble.Length);
        _isArray = TrySkipSpace(out var first, countLines: true) && first == '[';
        if (_isArray)
        {
            _window.Skip(1);
            _number = 0;
        }
    }

    bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        do
        {
            var length = FindLineEnd();
            if (length < 0)
            {
                line = default;
                return false;
            }

            _number++;
            line = _window.Take(length).TrimEnd("\r\n"u8);
        }
        while (line.TrimStart(" \t"u8).IsEmpty);
        return true;
    }

    /// <summary>The length of the line at the window's start with its end; -1 where there is none.</summary>
    int FindLineEnd()
    {
        for (var searched = 0; ;)
        {
            var end = _window.Rest[searched..].IndexOf((byte)'\n');
            if (end >= 0)
                return searched + end + 1;
            searched = _window.Rest.Length;
            if (!Fill($"line {_number + 1}"))
                return searched == 0 ? -1 : searched;
        }
    }

    bool TryReadObject(out ReadOnlySpan<byte> record)
    {
        record = default;
        if (_ended)
            return false;
        var where = $"object {_number + 1}";
        var any = TrySkipSpace(out var next);
        if (any && next == ']' && _number == 0)
            return End();
        if (any && _number > 0)
        {
            if (next is not ((byte)',' or (byte)']'))
                throw Unexpected(where, next, "a comma or the array's end");
            _window.Skip(1);
            if (next == ']')
                return End(skip: false);
            any = TrySkipSpace(out next);
        }

        if (!any)
            throw Unexpected(where, null, "the array's end");
        if (next != '{')
            throw Unexpected(where, next, "an object");
        _number++;
        record = _window.Take(FindObjectEnd(where));
        return true;
    }

    bool End(bool skip = true)
    {
        _window.Skip(skip ? 1 : 0);
        _ended = true;
        return TrySkipSpace(out var next) ? throw Unexpected("end", next, "nothing behind the array") : false;
    }

    /// <summary>The length of the object at the window's start: up to the brace, outside of strings, that closes the first.</summary>
    int FindObjectEnd(string where)
    {
        var depth = 0;
        var inString = false;
        for (var at = 0; ;)
        {
            var rest = _window.Rest[at..];
            var found = inString ? rest.IndexOfAny((byte)'"', (byte)'\\') : rest.IndexOfAny((byte)'"', (byte)'{', (byte)'}');
            if (found < 0 || (rest[found] == '\\' && found + 1 == rest.Length))
            {
                at += found < 0 ? rest.Length : found;
                if (!Fill(where))
                    throw Unexpected(where, null, "the object's end");
                continue;
            }

            at += found + 1;
            switch (rest[found])
            {
                case (byte)'"':
                    inString = !inString;
                    break;
                case (byte)'\\':
                    at++;
                    break;
                case (byte)'{':
                    depth++;
                    break;
                default:
                    if (--depth == 0)
                        return at;
                    break;
            }
        }
    }

    /// <returns>False at the end of the stream.</returns>
    bool TrySkipSpace(out byte next, bool countLines = false)
    {
        while (true)
        {
            var count = _window.Rest.IndexOfAnyExcept(" \t\r\n"u8);
            var space = _window.Rest[..(count < 0 ? _window.Rest.Length : count)];
            if (countLines)
                _number += space.Count((byte)'\n');
            _window.Skip(space.Length);
            if (count >= 0)
            {
                next = _window.Rest[0];
                return true;
            }

            if (!_window.Fill())
            {
                next = 0;
                return false;
            }
        }
    }

    bool Fill(string where) => _window.Rest.Length < limit
        ? _window.Fill()
        : throw Fault.At(file, where, $"more than {limit} bytes", "a shorter record", "Cut the document into several.");

    InvalidDataException Unexpected(string where, byte? found, string expected) => Fault.At(
        file, where, found is { } value ? Fault.Quote(((char)value).ToString()) : "the end of the file", expected,
        found is null ? Fault.Damaged : "Write the file again as JSON lines, one object a line.");
}
