using System.IO.Compression;
using HeadScope.Data.Frames;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Frames;

/// <summary>Files that lie are refused, and the refusal says where.</summary>
[Collection(nameof(AloneInTheProcess))]
public sealed class HostileParquetTests : IDisposable
{
    static readonly ParquetBytes Honest = new();
    static readonly ParquetBytes Words = new()
    {
        Dictionary = ParquetBytes.Plain("x", "y"),
        DictionaryValues = 2,
        Encoding = PageEncoding.RleDictionary,
    };

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_HonestFile_IsRead()
    {
        Assert.Equal(["a", "", "é"], Read(Honest.Write("a", "", "é")));
        Assert.Equal(["y"], Read((Words with { Page = [1, 2, 1] }).Write("y")));
    }

    [Fact]
    public void Constructor_FooterThatLies_IsRefused()
    {
        const string Footer = "test.parquet, footer: found ";
        Refused(Honest with { FooterLength = 1 << 20 }, Footer);
        Refused(Honest with { FooterLength = uint.MaxValue }, $"{Footer}4294967295 bytes of it in a file of ");
        Refused(Honest with { FooterLength = 3 }, Footer);
        Refused(Honest with { Rows = 4 }, $"{Footer}row groups of 1 rows together; expected the file's 4");
        Refused(Honest with { Rows = long.MaxValue }, $"{Footer}row groups of 1 rows together");
        Refused(Honest with { LogicalType = 9 }, $"{Footer}column 'text' of Undefined values; expected one of texts");
        Refused(Honest with { Codec = Codec.Lzo }, "row group 0, column 'text': found LZO compression");
        Refused([], Footer);
        Refused("PAR1"u8.ToArray(), Footer);
        Refused("PAR1PAR1"u8.ToArray(), Footer);
        Refused([.. "PAR1"u8, 0, 0, 0, 0, .. "PAR1"u8], Footer);
        Refused([.. new byte[50], .. "PARE"u8], Footer);
    }

    [Fact]
    public void Read_ChunkThatLies_IsRefused()
    {
        const string Chunk = "test.parquet, row group 0, column 'text', row ";
        Refused(Honest with { ChunkValues = 2 }, $"{Chunk}0: found 2 values; expected one in each of 1 rows");
        Refused(Honest with { Rows = -2, GroupRows = -2 }, $"{Chunk}0: found -2 values");
        Refused(
            Honest with { Rows = 1L << 40, GroupRows = 1L << 40 },
            $"{Chunk}1: found the end of the pages; expected 1099511627775 more values");
        Refused(Honest with { ChunkStart = long.MaxValue }, Chunk);
        Refused(Honest with { ChunkStart = -1 }, Chunk);
        Refused(Honest with { ChunkStart = 0 }, Chunk);
        Refused(Honest with { ChunkSize = long.MaxValue }, Chunk);
        Refused(Honest with { ChunkSize = -1 }, Chunk);
        Refused(Honest with { ChunkSize = 0 }, Chunk);
    }

    [Fact]
    public void Read_PageThatLies_IsRefused()
    {
        const string Page = "test.parquet, row group 0, column 'text', row ";
        Refused(Honest with { PageSize = -1 }, Page);
        Refused(Honest with { PageValues = -1 }, Page);
        Refused(Honest with { PageValues = 2, Rows = 2, GroupRows = 2 }, $"{Page}1: found ");
        Refused(Honest with { Page = [255, 255, 255, 255] }, Page);
        Refused(Honest with { Page = [2, 0, 0, 0, 0xC3, 0x28] }, $"{Page}0: found the byte C3 at 0 of a text of 2 bytes; expected UTF-8");
        Refused(Honest with { Encoding = (PageEncoding)77 }, Page);
        Refused(Honest with { Encoding = PageEncoding.ByteStreamSplit }, Page);
        Refused(Honest with { Optional = true, Page = [255, 255, 255, 127] }, Page);
        Refused(Words with { Page = [1, 2, 1], Dictionary = null }, Page);
        Refused(Words with { Page = [2, 2, 2] }, Page);
        Refused(Words with { Page = [1, 2, 1], DictionaryValues = 1 << 26 }, Page);
        Refused(Honest with { Encoding = PageEncoding.DeltaLengthByteArray, Page = [128, 1, 4, 1, 4, 97] }, Page);
    }

    [Fact]
    public void Read_SizeThatIsNotThere_TakesNoMemory()
    {
        var peak = new PeakMemory();
        foreach (var size in new[] { 1 << 30, int.MaxValue })
        {
            Refused(Honest with { PageSize = size, StoredSize = size }, "row 0: found ");
            Refused(Words with { Page = [1, 2, 1], DictionaryValues = size }, "row 0: found ");
            foreach (var codec in new[] { Codec.Snappy, Codec.Gzip, Codec.Brotli, Codec.Lz4, Codec.Zstd, Codec.Lz4Raw })
                Refused(Honest with { Codec = codec, PageSize = size }, "row 0: found ");
        }

        var zeros = new byte[64 << 20];
        Refused(Honest with
        {
            Codec = Codec.Gzip,
            Page = Compress(
            zeros, stream => new GZipStream(stream, CompressionLevel.Fastest)),
            PageSize = 5
        }, "row 0: found ");
        Refused(Honest with
        {
            Codec = Codec.Brotli,
            Page = Compress(
            zeros, stream => new BrotliStream(stream, CompressionLevel.Fastest)),
            PageSize = 5
        }, "row 0: found ");
        Assert.InRange(peak.Growth, 0, zeros.Length + (32 << 20));
    }

    [Fact]
    public void Constructor_DeeplyNestedMetadata_IsRefused()
    {
        // Lists in lists, structs in structs and maps in maps, of a field that nothing is known of.
        Refused(File([0x99, .. Enumerable.Repeat((byte)0x19, 100_000)]), "footer: found ");
        Refused(File([0x9C, .. Enumerable.Repeat((byte)0x1C, 100_000)]), "footer: found ");
        Refused(File([0x9B, .. Enumerable.Repeat<byte[]>([1, 0xBB], 50_000).SelectMany(map => map)]), "footer: found ");
        Refused(Nested(30_000), "a schema of 30001 columns and groups; expected at most 4096");
        Refused(Nested(100_000), "footer: found ");
    }

    [Fact]
    public void Read_FileCutShort_IsRefusedWhereverItIsCut()
    {
        var bytes = System.IO.File.ReadAllBytes(ParquetSamples.PathOf("small_v2_dictionary.parquet"));
        for (var length = 0; length < bytes.Length; length++)
            Refused(bytes[..length], "footer: found ");
    }

    /// <summary>A schema of groups in groups.</summary>
    static byte[] Nested(int depth)
    {
        var group = Thrift.Of((3, 1), (4, "group"), (5, 1));
        object[] schema = [.. Enumerable.Repeat(group, depth), Thrift.Of((1, 6), (3, 1), (4, "text"))];
        return File(Thrift.Of((1, 1), (2, schema), (3, 0L), (4, Array.Empty<object>())).Bytes);
    }

    static byte[] File(byte[] footer) => [.. "PAR1"u8, .. footer, .. BitConverter.GetBytes(footer.Length), .. "PAR1"u8];

    static byte[] Compress(byte[] bytes, Func<Stream, Stream> codec)
    {
        var result = new MemoryStream();
        using (var stream = codec(result))
            stream.Write(bytes);
        return result.ToArray();
    }

    List<string> Read(byte[] bytes)
    {
        var path = _folder.File("test.parquet");
        System.IO.File.WriteAllBytes(path, bytes);
        return [.. new ParquetText(path, "text").Read()];
    }

    void Refused(ParquetBytes file, string found) => Refused(file.Write("Hello"), found);

    void Refused(byte[] file, string found)
    {
        var error = Assert.Throws<InvalidDataException>(() => Read(file));
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
