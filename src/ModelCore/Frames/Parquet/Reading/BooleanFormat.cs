namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>Booleans, packed or in runs. They have no dictionary.</summary>
internal sealed class BooleanFormat : ValueFormat<bool>
{
    public override ColumnType Type => ColumnType.Boolean;

    public override ValueTable<bool> ReadTable(ReadOnlyMemory<byte> page, int count) =>
        throw new DecodeFault("a dictionary of booleans", "none");

    public override ValueDecoder<bool>? Open(PageEncoding encoding, ReadOnlyMemory<byte> values, int count) => encoding switch
    {
        PageEncoding.Plain => new Packed(values),
        PageEncoding.Rle => new Runs(new HybridDecoder(LevelReader.TakeRuns(ref values), 1)),
        _ => null,
    };

    sealed class Packed(ReadOnlyMemory<byte> values) : ValueDecoder<bool>
    {
        int _next;

        public override bool Next()
        {
            if (_next / 8 >= values.Length)
                throw DecodeFault.Ends("booleans");
            var bit = values.Span[_next / 8] >> _next % 8 & 1;
            _next++;
            return bit != 0;
        }
    }

    sealed class Runs(HybridDecoder values) : ValueDecoder<bool>
    {
        public override bool Next() => values.Next() != 0;
    }
}
