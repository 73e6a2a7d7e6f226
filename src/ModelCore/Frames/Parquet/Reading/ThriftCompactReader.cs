namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>A field's header: its number and type. The default value stands before a struct's first field.</summary>
internal record struct ThriftField(short Id, ThriftType Type);

/// <summary>
/// Decodes structs in Thrift's compact protocol
/// (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md). A struct is read by a loop over
/// <see cref="Next"/>, which ends behind its last field; a field that the loop does not know is passed over by <see cref="Skip(ThriftField)"/>.
/// </summary>
/// <remarks>Throws <see cref="DecodeFault"/> for what is not well formed; never allocates more than the bytes that are there.</remarks>
internal ref struct ThriftCompactReader(ReadOnlySpan<byte> input)
{
    readonly ReadOnlySpan<byte> _input = input;
    int _at;

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _at;

    /// <summary>Goes on to the next field of a struct.</summary>
    /// <returns>False at the struct's end.</returns>
    public bool Next(ref ThriftField field)
    {
        var header = Byte();
        if (header == 0)
            return false;
        var type = (ThriftType)(header & 0xF);
        if (type is < ThriftType.True or > ThriftType.Struct)
            throw new DecodeFault($"a field of type {(int)type}", "one of Thrift's types");
        var step = header >> 4;
        field = new ThriftField(step == 0 ? Checked(VarInt.ReadZigZag(_input, ref _at)) : (short)(field.Id + step), type);
        return true;

        static short Checked(long id) => id is >= short.MinValue and <= short.MaxValue
            ? (short)id
            : throw new DecodeFault($"a field of number {id}", "16 bits");
    }

    public readonly bool Bool(ThriftField field) => field.Type switch
    {
        ThriftType.True => true,
        ThriftType.False => false,
        _ => throw Unexpected(field, ThriftType.True),
    };

    public int I32(ThriftField field)
    {
        Expect(field, ThriftType.I32);
        return VarInt.ReadZigZag(_input, ref _at) is >= int.MinValue and <= int.MaxValue and var value
            ? (int)value
            : throw new DecodeFault("a 32-bit field with a larger value", "32 bits");
    }

    public long I64(ThriftField field)
    {
        Expect(field, ThriftType.I64);
        return VarInt.ReadZigZag(_input, ref _at);
    }

    /// <summary>A view of the input.</summary>
    public ReadOnlySpan<byte> Binary(ThriftField field)
    {
        Expect(field, ThriftType.Binary);
        return Bytes();
    }

    /// <summary>A struct that is a field's value; its loop over <see cref="Next"/> comes next.</summary>
    public readonly void Struct(ThriftField field) => Expect(field, ThriftType.Struct);

    /// <summary>Starts a list.</summary>
    /// <returns>How many elements follow: never more than there are bytes.</returns>
    public int List(ThriftField field, ThriftType element)
    {
        Expect(field, ThriftType.List);
        var (type, count) = ListHeader();
        return count == 0 || type == element ? count : throw Unexpected(field with { Type = type }, element);
    }

    public void Skip(ThriftField field) => Skip(field.Type, inList: false, Limits.ThriftDepth);

    void Skip(ThriftType type, bool inList, int depth)
    {
        if (depth == 0)
            throw new DecodeFault($"more than {Limits.ThriftDepth} structs inside each other", "metadata");
        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                Advance(inList ? 1 : 0); // a field's value is in its header
                break;
            case ThriftType.Byte:
                Advance(1);
                break;
            case ThriftType.I16 or ThriftType.I32 or ThriftType.I64:
                VarInt.Read(_input, ref _at);
                break;
            case ThriftType.Double:
                Advance(sizeof(double));
                break;
            case ThriftType.Binary:
                Bytes();
                break;
            case ThriftType.List or ThriftType.Set:
                var (element, count) = ListHeader();
                for (; count > 0; count--)
                    Skip(element, inList: true, depth - 1);
                break;
            case ThriftType.Map:
                SkipMap(depth);
                break;
            case ThriftType.Struct:
                for (var field = default(ThriftField); Next(ref field);)
                    Skip(field.Type, inList: false, depth - 1);
                break;
            default:
                throw new DecodeFault($"a value of type {(int)type}", "one of Thrift's types");
        }
    }

    void SkipMap(int depth)
    {
        var count = Count(VarInt.Read(_input, ref _at));
        if (count == 0)
            return;
        var types = Byte();
        for (; count > 0; count--)
        {
            Skip((ThriftType)(types >> 4), inList: true, depth - 1);
            Skip((ThriftType)(types & 0xF), inList: true, depth - 1);
        }
    }

    (ThriftType Element, int Count) ListHeader()
    {
        var header = Byte();
        var count = header >> 4;
        return ((ThriftType)(header & 0xF), count == 15 ? Count(VarInt.Read(_input, ref _at)) : Count((ulong)count));
    }

    // Every element takes at least a byte.
    int Count(ulong count) => count <= (ulong)(_input.Length - _at) ? (int)count : throw Ends();

    ReadOnlySpan<byte> Bytes()
    {
        var count = Count(VarInt.Read(_input, ref _at));
        _at += count;
        return _input.Slice(_at - count, count);
    }

    byte Byte()
    {
        Advance(1);
        return _input[_at - 1];
    }

    void Advance(int count)
    {
        if (count > _input.Length - _at)
            throw Ends();
        _at += count;
    }

    static DecodeFault Ends() => DecodeFault.Ends("metadata");

    readonly void Expect(ThriftField field, ThriftType type)
    {
        if (field.Type != type)
            throw Unexpected(field, type);
    }

    static DecodeFault Unexpected(ThriftField field, ThriftType type) =>
        new($"field {field.Id} of type {field.Type}", $"type {(type == ThriftType.True ? "boolean" : type)}");
}
