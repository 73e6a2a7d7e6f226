namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>
/// Decodes DELTA_BINARY_PACKED (https://parquet.apache.org/docs/file-format/data-pages/encodings/#delta-encoding-delta_binary_packed--5):
/// a first value, then blocks of packed differences from the least difference of the block. Sums wrap around, as the format has it.
/// A copy goes on on its own.
/// </summary>
/// <remarks>Throws <see cref="DecodeFault"/> for damaged bytes, and past the end.</remarks>
internal struct DeltaDecoder
{
    readonly ReadOnlyMemory<byte> _input;
    readonly int _miniBlocks; // in a block
    readonly int _miniBlockValues;
    int _at; // behind what has been read, including the current miniblock
    int _left; // values still to come
    long _value;
    bool _started;
    long _leastDelta;
    int _widthsAt;
    int _miniBlock;
    int _inMiniBlock; // values of it still to come
    int _width;
    long _bit;

    /// <param name="input">May go on behind the encoded values.</param>
    /// <param name="count">How many values there have to be.</param>
    public DeltaDecoder(ReadOnlyMemory<byte> input, int count)
    {
        _input = input;
        var bytes = input.Span;
        var blockValues = VarInt.Read(bytes, ref _at);
        var miniBlocks = VarInt.Read(bytes, ref _at);
        var values = VarInt.Read(bytes, ref _at);
        _value = VarInt.ReadZigZag(bytes, ref _at);
        if (blockValues is 0 or > Limits.DeltaBlockValues || miniBlocks == 0 || blockValues % miniBlocks != 0 || blockValues / miniBlocks % 8 != 0)
        {
            throw new DecodeFault(
                $"blocks of {blockValues} deltas in {miniBlocks} parts", $"parts of whole bytes in blocks of at most {Limits.DeltaBlockValues}");
        }

        if (values != (ulong)count)
            throw new DecodeFault($"{values} deltas", $"{count}");
        _miniBlocks = _miniBlock = (int)miniBlocks;
        _miniBlockValues = (int)(blockValues / miniBlocks);
        _left = count;
    }

    /// <summary>Reads what is left.</summary>
    /// <returns>The offset behind the encoded values.</returns>
    public int ReadToEnd()
    {
        while (_left > 0)
            Next();
        return _at;
    }

    public long Next()
    {
        if (_left == 0)
            throw DecodeFault.Ends("deltas");
        _left--;
        if (!_started)
        {
            _started = true;
            return _value;
        }

        if (_inMiniBlock == 0)
            ReadMiniBlock();
        _inMiniBlock--;
        _value = unchecked(_value + _leastDelta + (long)BitReader.Read(_input.Span, _bit, _width));
        _bit += _width;
        return _value;
    }

    void ReadMiniBlock()
    {
        var bytes = _input.Span;
        if (_miniBlock == _miniBlocks)
        {
            _leastDelta = VarInt.ReadZigZag(bytes, ref _at);
            _widthsAt = _at;
            if (_miniBlocks > bytes.Length - _at)
                throw DecodeFault.Ends("a block of deltas");
            _at += _miniBlocks;
            _miniBlock = 0;
        }

        _width = bytes[_widthsAt + _miniBlock++];
        var size = (long)_width * _miniBlockValues / 8;
        if (_width > 64 || size > bytes.Length - _at)
            throw new DecodeFault($"deltas of {_width} bits in {bytes.Length - _at} bytes", "at most 64, in as many bytes as they take");
        _bit = 8L * _at;
        _at += (int)size;
        _inMiniBlock = _miniBlockValues;
    }
}
