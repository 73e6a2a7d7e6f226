using System.Buffers.Binary;
using System.Text;

namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>Text in UTF-8: plain, or with its lengths in front, or each as what it does not share with the one before.</summary>
/// <remarks>Strings are made one at a time, when asked for. Bytes that are not UTF-8 are a fault, as they are for pyarrow.</remarks>
internal sealed class TextFormat : ValueFormat<string>
{
    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public override ColumnType Type => ColumnType.String;

    public override ValueTable<string> ReadTable(ReadOnlyMemory<byte> page, int count) => new TextTable(page, count);

    public override ValueDecoder<string>? Open(PageEncoding encoding, ReadOnlyMemory<byte> values, int count) => encoding switch
    {
        PageEncoding.Plain => new Plain(values),
        PageEncoding.DeltaLengthByteArray => new LengthsFirst(new ByteArrays(values, count)),
        PageEncoding.DeltaByteArray => new SharedPrefixes(values, count),
        _ => null,
    };

    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Limits.TextBytes)
            throw new DecodeFault($"a text of {bytes.Length} bytes", $"at most {Limits.TextBytes}", "Cut it into several.");
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException fault)
        {
            throw new DecodeFault(
                $"the byte {fault.BytesUnknown?.FirstOrDefault():X2} at {fault.Index} of a text of {bytes.Length} bytes", "UTF-8",
                "Decode the text with replacement of invalid bytes where it is made, and write the file again.");
        }
    }

    /// <summary>Cuts off a text that is preceded by its length in four bytes.</summary>
    public static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> page, ref int at)
    {
        if (sizeof(int) > page.Length - at)
            throw DecodeFault.Ends("texts");
        var length = BinaryPrimitives.ReadInt32LittleEndian(page[at..]);
        at += sizeof(int);
        if (length < 0 || length > page.Length - at)
            throw new DecodeFault($"a text of {length} bytes in {page.Length - at}", "as many as there are");
        at += length;
        return page.Slice(at - length, length);
    }

    sealed class Plain(ReadOnlyMemory<byte> values) : ValueDecoder<string>
    {
        int _at;

        public override string Next() => Decode(Take(values.Span, ref _at));
    }

    sealed class LengthsFirst(ByteArrays values) : ValueDecoder<string>
    {
        public override string Next() => Decode(values.Next());
    }

    /// <summary>DELTA_BYTE_ARRAY: lengths of the prefixes shared with the text before, then the rests.</summary>
    sealed class SharedPrefixes : ValueDecoder<string>
    {
        readonly ByteArrays _rests;
        DeltaDecoder _prefixes;
        byte[] _text = [];
        int _length;

        public SharedPrefixes(ReadOnlyMemory<byte> values, int count)
        {
            _prefixes = new DeltaDecoder(values, count);
            var ahead = _prefixes;
            _rests = new ByteArrays(values[ahead.ReadToEnd()..], count);
        }

        public override string Next()
        {
            var prefix = _prefixes.Next();
            if (prefix < 0 || prefix > _length)
                throw new DecodeFault($"a prefix of {prefix} bytes", $"at most the {_length} of the text before");
            var rest = _rests.Next();
            if (prefix + rest.Length > Limits.TextBytes)
                throw new DecodeFault($"a text of {prefix + rest.Length} bytes", $"at most {Limits.TextBytes}", "Cut it into several.");
            _length = (int)prefix + rest.Length;
            if (_text.Length < _length)
                Array.Resize(ref _text, (int)Math.Max(_length, Math.Min(2L * _text.Length, Limits.TextBytes)));
            rest.CopyTo(_text.AsSpan((int)prefix));
            return Decode(_text.AsSpan(0, _length));
        }
    }
}

/// <summary>DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes.</summary>
internal sealed class ByteArrays
{
    readonly ReadOnlyMemory<byte> _values;
    DeltaDecoder _lengths;
    int _at;

    public ByteArrays(ReadOnlyMemory<byte> values, int count)
    {
        _values = values;
        _lengths = new DeltaDecoder(values, count);
        var ahead = _lengths;
        _at = ahead.ReadToEnd();
    }

    public ReadOnlySpan<byte> Next()
    {
        var length = _lengths.Next();
        if (length < 0 || length > _values.Length - _at)
            throw new DecodeFault($"a text of {length} bytes in {_values.Length - _at}", "as many as there are");
        _at += (int)length;
        return _values.Span.Slice(_at - (int)length, (int)length);
    }
}

/// <summary>A dictionary of texts, which stay bytes until asked for.</summary>
internal sealed class TextTable : ValueTable<string>
{
    readonly ReadOnlyMemory<byte> _page;
    readonly int[] _starts;

    public TextTable(ReadOnlyMemory<byte> page, int count)
        : base(count)
    {
        if (count > page.Length / sizeof(int))
            throw new DecodeFault($"a dictionary of {count} texts in {page.Length} bytes", "at least four bytes for each");
        _page = page;
        _starts = new int[count];
        var at = 0;
        foreach (ref var start in _starts.AsSpan())
        {
            start = at;
            TextFormat.Take(page.Span, ref at);
        }
    }

    public override string At(int index)
    {
        var at = _starts[index];
        return TextFormat.Decode(TextFormat.Take(_page.Span, ref at));
    }
}
