namespace HeadScope.ModelCore.Frames.Parquet;

/// <summary>A stream that counts what goes in, so that offsets are known on streams that cannot tell their position.</summary>
internal sealed class ByteSink(Stream stream)
{
    /// <summary>Bytes written so far: the offset in the file of the next one.</summary>
    public long Position { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        Position += bytes.Length;
    }
}
