using System.Text;

namespace HeadScope.Data.Tests.Frames;

/// <summary>
/// Thrift's compact protocol (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md), as far as the
/// metadata of a Parquet file need it.
/// </summary>
internal static class Thrift
{
    /// <summary>A struct in a struct.</summary>
    public sealed record Struct(byte[] Bytes);

    /// <summary>
    /// The bytes of a struct. A value is an int, a long, a string, bytes, a struct, or an array of such; null leaves the field out.
    /// </summary>
    public static Struct Of(params (int Id, object? Value)[] fields)
    {
        var bytes = new List<byte>();
        var last = 0;
        foreach (var (id, value) in fields)
        {
            if (value is null)
                continue;
            bytes.Add((byte)(id - last << 4 | TypeOf(value)));
            last = id;
            Write(bytes, value);
        }

        return new Struct([.. bytes, 0]);
    }

    static int TypeOf(object value) => value switch
    {
        int => 5,
        long => 6,
        string or byte[] => 8,
        object[] => 9,
        Struct => 12,
        _ => throw new NotSupportedException($"{value.GetType()}"),
    };

    static void Write(List<byte> bytes, object value)
    {
        switch (value)
        {
            case int number:
                WriteVarInt(bytes, (uint)(number << 1 ^ number >> 31));
                break;
            case long number:
                WriteVarInt(bytes, (ulong)(number << 1 ^ number >> 63));
                break;
            case string text:
                Write(bytes, Encoding.UTF8.GetBytes(text));
                break;
            case byte[] binary:
                WriteVarInt(bytes, (ulong)binary.Length);
                bytes.AddRange(binary);
                break;
            case object[] list:
                bytes.Add((byte)(0xF0 | TypeOf(list.FirstOrDefault(Of()))));
                WriteVarInt(bytes, (ulong)list.Length);
                foreach (var element in list)
                    Write(bytes, element);
                break;
            case Struct inner:
                bytes.AddRange(inner.Bytes);
                break;
        }
    }

    static void WriteVarInt(List<byte> bytes, ulong value)
    {
        for (; value > 127; value >>= 7)
            bytes.Add((byte)(value | 128));
        bytes.Add((byte)value);
    }
}
