using System.Numerics;
using System.Runtime.InteropServices;

namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>Numbers: plain, or split into a stream for each of their bytes; integers also as differences.</summary>
internal sealed class NumberFormat<T>(ColumnType type) : ValueFormat<T>
    where T : unmanaged, INumber<T>
{
    static unsafe int Size => sizeof(T);

    public override ColumnType Type => type;

    public override ValueTable<T> ReadTable(ReadOnlyMemory<byte> page, int count) => new Table(page, count);

    public override ValueDecoder<T>? Open(PageEncoding encoding, ReadOnlyMemory<byte> values, int count) => encoding switch
    {
        PageEncoding.Plain => new Plain(values),
        PageEncoding.ByteStreamSplit => new Split(values, count),
        PageEncoding.DeltaBinaryPacked when type is ColumnType.Int32 or ColumnType.Int64 => new Deltas(values, count),
        _ => null,
    };

    sealed class Plain(ReadOnlyMemory<byte> values) : ValueDecoder<T>
    {
        int _at;

        public override T Next()
        {
            if (Size > values.Length - _at)
                throw DecodeFault.Ends("numbers");
            _at += Size;
            return MemoryMarshal.Read<T>(values.Span[(_at - Size)..]);
        }
    }

    sealed class Split : ValueDecoder<T>
    {
        readonly ReadOnlyMemory<byte> _values;
        readonly int _count;
        int _next;

        public Split(ReadOnlyMemory<byte> values, int count)
        {
            (_values, _count) = (values, count);
            if (values.Length != (long)count * Size)
                throw new DecodeFault($"{values.Length} bytes of {count} split numbers", $"{(long)count * Size}");
        }

        public override T Next()
        {
            if (_next == _count)
                throw DecodeFault.Ends("numbers");
            Span<byte> bytes = stackalloc byte[sizeof(ulong)];
            for (var i = 0; i < Size; i++)
                bytes[i] = _values.Span[i * _count + _next];
            _next++;
            return MemoryMarshal.Read<T>(bytes);
        }
    }

    sealed class Deltas(ReadOnlyMemory<byte> values, int count) : ValueDecoder<T>
    {
        DeltaDecoder _deltas = new(values, count);

        public override T Next() => T.CreateTruncating(_deltas.Next());
    }

    sealed class Table : ValueTable<T>
    {
        readonly ReadOnlyMemory<byte> _values;

        public Table(ReadOnlyMemory<byte> page, int count)
            : base(count)
        {
            _values = page;
            if ((long)count * Size > page.Length)
                throw new DecodeFault($"a dictionary of {count} numbers in {page.Length} bytes", $"{(long)count * Size} bytes");
        }

        public override T At(int index) => MemoryMarshal.Read<T>(_values.Span[(index * Size)..]);
    }
}
