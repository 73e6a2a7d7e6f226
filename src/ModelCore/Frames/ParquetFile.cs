using System.Buffers.Binary;
using HeadScope.ModelCore.Files;
using HeadScope.ModelCore.Frames.Parquet;
using HeadScope.ModelCore.Frames.Parquet.Reading;

namespace HeadScope.ModelCore.Frames;

/// <summary>A column of a Parquet file.</summary>
/// <param name="Type">What its values are; null where they are of a type that is not read here, or a struct, list or map.</param>
/// <param name="IsOptional">The schema allows rows without a value.</param>
public sealed record ParquetColumn(string Name, ColumnType? Type, bool IsOptional);

/// <summary>
/// Reads columns of a Parquet file (https://parquet.apache.org/docs/file-format/), page by page, so that memory does not grow
/// with the file: text, 32- and 64-bit signed integers and floats, and booleans, one in each row.
/// </summary>
/// <remarks>
/// <para>Pages of both versions, in every encoding that the format's specification has for these types but bit-packed levels,
/// uncompressed or compressed with Snappy, gzip or Brotli. .NET has no Zstandard or LZ4: such columns are refused.</para>
/// <para>A file may come from anyone. Damaged or hostile, it causes an <see cref="InvalidDataException"/>, in memory bounded by
/// what is in the file rather than what it says of itself: a page is at most 1 GiB, a text at most 512 MiB.</para>
/// <para>Any number of threads may read at the same time.</para>
/// </remarks>
public sealed class ParquetFile : IDisposable
{
    const string Where = "footer";

    readonly ByteSource _source;
    readonly FileMetadata _metadata;

    ParquetFile(ByteSource source)
    {
        _source = source;
        _metadata = ReadFooter(source);
        Columns = [.. _metadata.Columns.DistinctBy(column => column.Name).Select(leaf => new ParquetColumn(leaf.Name, TypeOf(leaf), leaf.Optional))];
    }

    /// <summary>The path that was opened.</summary>
    public string Location => _source.Name;

    public long Rows => _metadata.Rows;

    /// <summary>The columns in the order of the file; a struct, list or map is one.</summary>
    public IReadOnlyList<ParquetColumn> Columns { get; }

    /// <summary>Reads the footer, and keeps the file open until disposed.</summary>
    /// <exception cref="InvalidDataException">The file is no Parquet file, or its footer is damaged.</exception>
    /// <exception cref="IOException">The file cannot be opened or read.</exception>
    public static ParquetFile Open(string path) => Open(new FileSource(InputPath.Anywhere(path)));

    /// <summary>The same from any source of bytes, which this object disposes of.</summary>
    internal static ParquetFile Open(ByteSource source)
    {
        try
        {
            return new ParquetFile(source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>The values of a column, from the first row on, as they are asked for.</summary>
    /// <typeparam name="T">What <see cref="ParquetColumn.Type"/> says: string, int, long, float, double or bool.</typeparam>
    /// <exception cref="InvalidDataException">
    /// At once: there is no such column, or it is of another type or compressed otherwise. While reading: the file is damaged, or a
    /// row has no value; the message names the row group, the column and the row, counted from 0.
    /// </exception>
    public IEnumerable<T> Read<T>(string column)
    {
        var format = Formats.For<T>();
        var index = Find(column, format.Type);
        CheckCodecs(index);
        return Values();

        IEnumerable<T> Values()
        {
            var reader = new ColumnReader<T>(_source, _metadata, index, format);
            while (reader.TryNext(out var value))
                yield return value;
        }
    }

    public void Dispose() => _source.Dispose();

    int Find(string name, ColumnType type)
    {
        var leaves = _metadata.Columns.Index().Where(leaf => leaf.Item.Name == name).ToList();
        var found = leaves switch
        {
            [] => "",
            [(_, { Nested: false } leaf)] when leaf.Value == type => null,
            [(_, { Nested: false } leaf)] => $" of {leaf.Value?.ToString() ?? $"other {leaf.Type}"} values",
            [(_, { Nested: false }), ..] => " twice",
            _ => " of a nested type (a struct, list or map)",
        };
        if (found is null)
            return leaves[0].Index;
        var names = Columns.Where(column => column.Type == type).Select(column => Fault.Quote(column.Name)).ToList();
        throw Fault.At(
            Location, Where, $"{(leaves.Count == 0 ? "no column" : "column")} {Fault.Quote(name)}{found}", $"one of {type} values",
            names.Count == 0 ? "There is none in this file." : $"Name another column: {string.Join(", ", names.Take(20))}.");
    }

    void CheckCodecs(int column)
    {
        foreach (var (i, group) in _metadata.Groups.Index().Where(group => group.Item.Rows > 0))
        {
            try
            {
                Codecs.Check(group.Chunks[column].Codec);
            }
            catch (DecodeFault fault)
            {
                throw fault.At(Location, $"row group {i}, column {Fault.Quote(_metadata.Columns[column].Name)}");
            }
        }
    }

    static ColumnType? TypeOf(ColumnSchema leaf) => leaf.Nested ? null : leaf.Value;

    static FileMetadata ReadFooter(ByteSource source)
    {
        const int TailBytes = 8; // the footer's length and the magic
        Span<byte> tail = stackalloc byte[TailBytes];
        if (source.Length >= Footer.Magic.Length + TailBytes)
            source.Read(source.Length - TailBytes, tail);
        var magic = tail[^Footer.Magic.Length..];
        if (!magic.SequenceEqual(Footer.Magic))
        {
            var isEncrypted = magic.SequenceEqual("PARE"u8);
            throw Fault.At(
                source.Name, "last bytes", isEncrypted ? "an encrypted Parquet file" : $"{Convert.ToHexString(magic)} in a file of {source.Length} bytes",
                "PAR1, the end of a Parquet file", isEncrypted ? FileMetadata.Decrypt : Fault.Damaged);
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (length > Limits.FooterBytes || length > source.Length - TailBytes - Footer.Magic.Length)
        {
            throw Fault.At(
                source.Name, Where, $"a footer of {length} bytes in a file of {source.Length}", $"one within it, of at most {Limits.FooterBytes}",
                Fault.Damaged);
        }

        var footer = new byte[length];
        source.Read(source.Length - TailBytes - length, footer);
        try
        {
            return FileMetadata.Read(footer);
        }
        catch (DecodeFault fault)
        {
            throw fault.At(source.Name, Where);
        }
    }
}
