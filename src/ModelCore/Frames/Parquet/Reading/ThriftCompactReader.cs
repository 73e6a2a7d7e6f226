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

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>The input ended where more was expected: with more bytes, reading might succeed.</summary>
    public bool NeedsMore { get; private set; }

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
        field = new ThriftField(step == 0 ? Checked(ZigZag()) : (short)(field.Id + step), type);
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
        return ZigZag() is >= int.MinValue and <= int.MaxValue and var value
            ? (int)value
            : throw new DecodeFault("a 32-bit field with a larger value", "32 bits");
    }

    public long I64(ThriftField field)
    {
        Expect(field, ThriftType.I64);
        return ZigZag();
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
                VarInt();
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
        var count = Count(VarInt());
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
        return ((ThriftType)(header & 0xF), count == 15 ? Count(VarInt()) : Count((ulong)count));
    }

    // Every element takes at least a byte.
    int Count(ulong count) => count <= (ulong)(_input.Length - Position) ? (int)count : throw Ends();

    ReadOnlySpan<byte> Bytes()
    {
        var count = Count(VarInt());
        Position += count;
        return _input.Slice(Position - count, count);
    }

    long ZigZag()
    {
        var value = VarInt();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    ulong VarInt()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw new DecodeFault("a number of more than ten bytes", "64 bits");
    }

    byte Byte()
    {
        Advance(1);
        return _input[Position - 1];
    }

    void Advance(int count)
    {
        if (count > _input.Length - Position)
            throw Ends();
        Position += count;
    }

    DecodeFault Ends()
    {
        NeedsMore = true;
        return DecodeFault.Ends("metadata");
    }

    readonly void Expect(ThriftField field, ThriftType type)
    {
        if (field.Type != type)
            throw Unexpected(field, type);
    }

    static DecodeFault Unexpected(ThriftField field, ThriftType type) =>
        new($"field {field.Id} of type {field.Type}", $"type {(type == ThriftType.True ? "boolean" : type)}");
}
