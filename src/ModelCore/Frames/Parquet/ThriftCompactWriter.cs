using System.Buffers;
using System.Diagnostics;
using System.Text;

namespace HeadScope.ModelCore.Frames.Parquet;

/// <summary>
/// Encodes structs in Thrift's compact protocol
/// (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md): field headers of one byte, four bits of
/// id difference and four of type; integers zigzagged, in base-128 groups, lowest first. Only what Parquet's metadata needs:
/// fields in rising order, at most 15 apart.
/// </summary>
internal sealed class ThriftCompactWriter(IBufferWriter<byte> output)
{
    const int ShortListLength = 14;

    readonly Stack<int> _outer = new();
    int _field;

    public void I32(int field, int value)
    {
        Header(field, ThriftType.I32);
        ZigZag(value);
    }

    public void I64(int field, long value)
    {
        Header(field, ThriftType.I64);
        ZigZag(value);
    }

    public void Binary(int field, ReadOnlySpan<byte> value)
    {
        Header(field, ThriftType.Binary);
        Bytes(value);
    }

    public void Text(int field, string value) => Binary(field, Encoding.UTF8.GetBytes(value));

    /// <summary>Opens a struct in a field; <see cref="End"/> closes it.</summary>
    public void Struct(int field)
    {
        Header(field, ThriftType.Struct);
        Open();
    }

    /// <summary>Opens a struct that stands alone or is the next element of a list; <see cref="End"/> closes it.</summary>
    public void Open()
    {
        _outer.Push(_field);
        _field = 0;
    }

    public void End()
    {
        Byte(0);
        _field = _outer.Pop();
    }

    /// <summary>Announces a list; exactly <paramref name="count"/> elements follow.</summary>
    public void List(int field, ThriftType element, int count)
    {
        Header(field, ThriftType.List);
        if (count <= ShortListLength)
        {
            Byte((byte)(count << 4 | (int)element));
            return;
        }

        Byte((byte)(0xF0 | (int)element));
        VarInt((ulong)count);
    }

    public void Element(int value) => ZigZag(value);

    public void Element(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    void Header(int field, ThriftType type)
    {
        Debug.Assert(field - _field is > 0 and <= 15, "Fields rise by 1 to 15.");
        Byte((byte)(field - _field << 4 | (int)type));
        _field = field;
    }

    void Bytes(ReadOnlySpan<byte> value)
    {
        VarInt((ulong)value.Length);
        output.Write(value);
    }

    void ZigZag(long value) => VarInt((ulong)(value << 1 ^ value >> 63));

    void VarInt(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            Byte((byte)(value | 0x80));
        Byte((byte)value);
    }

    void Byte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }
}
