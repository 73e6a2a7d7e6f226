namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>
/// Decodes what <see cref="HybridEncoder"/> describes: runs, and packed groups of eight. Throws <see cref="DecodeFault"/> past the end.
/// </summary>
/// <param name="input">Ends where the encoded values end; the last group may be cut short behind the last value.</param>
/// <param name="width">Bits of a value, from 0 to 32.</param>
internal sealed class HybridDecoder(ReadOnlyMemory<byte> input, int width)
{
    int _at;
    uint _value;
    long _run; // values left of the current run
    long _packed; // values left of the current groups
    long _bit;

    public uint Next()
    {
        while (_run == 0 && _packed == 0)
            ReadHeader();
        if (_run > 0)
        {
            _run--;
            return _value;
        }

        if (_bit + width > 8L * input.Length)
            throw DecodeFault.Ends("packed values");
        var value = (uint)BitReader.Read(input.Span, _bit, width);
        _bit += width;
        _packed--;
        return value;
    }

    /// <summary>Reads <paramref name="count"/> values, up to the first that differs.</summary>
    /// <returns>How many there are before that one.</returns>
    public int CountEqual(uint value, int count)
    {
        for (var done = 0; done < count;)
        {
            if (Next() != value)
                return done;
            var more = (int)Math.Min(_run, count - done - 1); // the rest of its run is equal
            _run -= more;
            done += 1 + more;
        }

        return count;
    }

    void ReadHeader()
    {
        var bytes = input.Span;
        var header = VarInt.Read(bytes, ref _at);
        var count = (long)(header >> 1);
        if (header > uint.MaxValue || count == 0)
            throw new DecodeFault($"a run of {count} values", "at least one");
        if ((header & 1) == 0)
        {
            var size = (width + 7) / 8;
            if (size > bytes.Length - _at)
                throw DecodeFault.Ends("a run");
            _value = (uint)BitReader.Read(bytes[_at..], 0, 8 * size);
            _at += size;
            _run = count;
        }
        else
        {
            _bit = 8L * _at;
            _packed = 8 * count;
            _at = (int)Math.Min(bytes.Length, _at + count * width);
        }
    }
}
