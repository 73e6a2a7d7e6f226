using System.IO.Compression;
using HeadScope.ModelCore.Frames;
using HeadScope.ModelCore.Frames.Parquet;
using HeadScope.ModelCore.Frames.Parquet.Reading;

namespace HeadScope.ModelCore.Tests.Frames;

public class HostileParquetTests
{
    static readonly ParquetBytes Honest = new();

    [Fact]
    public void Read_HonestFile_IsRead() => Assert.Equal(["a", "", "é"], Read(Honest.Write("a", "", "é")));

    [Fact]
    public void Open_FooterThatLies_IsRefused()
    {
        Refused(Honest with { FooterLength = 1 << 20 }, "footer: found a footer of 1048576 bytes");
        Refused(Honest with { FooterLength = uint.MaxValue }, "footer: found a footer of 4294967295 bytes");
        Refused(Honest with { FooterLength = 3 }, "footer: found");
        Refused(Honest with { Rows = 4 }, "row groups of 1 rows together; expected the file's 4");
        Refused(Honest with { Rows = -1 }, "a row group of 1 rows");
        Refused(Honest with { Rows = long.MaxValue }, "row groups of 1 rows together");
        Refused(Honest with { Rows = -2, GroupRows = -2 }, "a row group of -2 rows");
        Refused("PAR1"u8.ToArray(), "last bytes");
        Refused("PAR1PAR1"u8.ToArray(), "last bytes");
        Refused([.. "PAR1"u8, 0, 0, 0, 0, .. "PAR1"u8], "metadata cut short");
        Refused([.. "PAR1"u8, 0, 1, 0, 0, 0, .. "PAR1"u8], "without a schema");
        Refused([.. new byte[50], .. "PARE"u8], "an encrypted Parquet file");
    }

    [Fact]
    public void Read_ChunkThatLies_IsRefused()
    {
        Refused(Honest with { ChunkValues = 2 }, "found 2 values of type ByteArray; expected 1 of type ByteArray");
        Refused(Honest with { ChunkStart = long.MaxValue }, "bytes of pages from byte 9223372036854775807 on");
        Refused(Honest with { ChunkStart = -1 }, "from byte -1 on");
        Refused(Honest with { ChunkStart = 0 }, "from byte 0 on");
        Refused(Honest with { ChunkSize = long.MaxValue }, "9223372036854775807 bytes of pages");
        Refused(Honest with { ChunkSize = -1 }, "-1 bytes of pages");
        Refused(Honest with { ChunkSize = 0 }, "metadata cut short");
        Refused(Honest with { Rows = 1L << 40, GroupRows = 1L << 40 }, "row group 0, column 'text', row 1: found");
        Refused(Honest with { OtherFile = "/etc/passwd" }, "pages in another file");
        Refused(Honest with { Codec = Codec.Lz4Raw }, "Lz4Raw compression");
        Refused(Honest with { Codec = (Codec)77 }, "compression 77");
    }

    [Fact]
    public void Read_PageThatLies_IsRefused()
    {
        Refused(Honest with { PageSize = int.MaxValue, StoredSize = int.MaxValue }, "a page of 2147483647 bytes in 2147483647");
        Refused(Honest with { PageSize = -1 }, "a page of -1 bytes");
        Refused(Honest with { PageSize = 1 << 30, StoredSize = 1 << 30 }, "a page of 1073741824 bytes where");
        Refused(Honest with { PageSize = 4 }, "an uncompressed page of 4 bytes in 9");
        Refused(Honest with { PageValues = int.MaxValue }, "a page of 2147483647 values");
        Refused(Honest with { PageValues = -1 }, "a page of -1 values");
        Refused(Honest with { PageValues = 2 }, "a page of 2 rows where 1 are left");
        Refused(Honest with { PageValues = 2, Rows = 2, GroupRows = 2 }, "row 1: found texts cut short");
        Refused(Honest with { Page = [255, 255, 255, 255] }, "a text of -1 bytes");
        Refused(Honest with { Page = [255, 255, 255, 127] }, "a text of 2147483647 bytes in 0");
        Refused(Honest with { Page = [2, 0, 0, 0, 0xC3, 0x28] }, "row 0: found the byte C3 at 0 of a text of 2 bytes; expected UTF-8");
        Refused(Honest with { Encoding = (PageEncoding)77 }, "the encoding 77");
        Refused(Honest with { Encoding = PageEncoding.ByteStreamSplit }, "the encoding ByteStreamSplit");
        Refused(Honest with { Optional = true, Page = [255, 255, 255, 127] }, "2147483647 bytes of runs");
        Refused(Honest with { Optional = true, Page = [1, 0, 0, 0, 0] }, "a run of 0 values");
    }

    [Fact]
    public void Read_DictionaryThatLies_IsRefused()
    {
        var words = Honest with { Dictionary = ParquetBytes.Plain("x", "y"), DictionaryValues = 2, Encoding = PageEncoding.RleDictionary };
        Assert.Equal(["y"], Read((words with { Page = [1, 2, 1] }).Write("y")));
        Refused(words with { Page = [1] }, "a number cut short");
        Refused(words with { Page = [] }, "dictionary indices cut short");
        Refused(words with { Page = [33, 2, 1] }, "dictionary indices of 33 bits");
        Refused(words with { Page = [2, 2, 2] }, "the dictionary index 2; expected one below 2");
        Refused(words with { Page = [32, 2, 255, 255, 255, 255] }, "the dictionary index 4294967295");
        Refused(words with { Page = [1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F] }, "packed values cut short");
        Refused(words with { Page = [1, 2, 1], DictionaryValues = 3 }, "a dictionary of 3 texts in 10 bytes");
        Refused(words with { Page = [1, 2, 1], Dictionary = [1, 0, 0, 0], DictionaryValues = 1 }, "a text of 1 bytes in 0");
        Refused(words with { Page = [1, 2, 1], DictionaryValues = 1 << 26 }, "a dictionary of 67108864 texts in 10 bytes");
        Refused(words with { Page = [1, 2, 1], Dictionary = null }, "dictionary indices without a dictionary");
    }

    [Fact]
    public void Read_DeltasThatLie_AreRefused()
    {
        var deltas = Honest with { Encoding = PageEncoding.DeltaLengthByteArray };
        Assert.Equal(["a"], Read((deltas with { Page = [128, 1, 4, 1, 2, (byte)'a'] }).Write("a")));
        Refused(deltas with { Page = [128, 1, 4, 2, 2, 97] }, "found 2 deltas; expected 1");
        Refused(deltas with { Page = [128, 1, 4, 1, 1, 97] }, "a text of -1 bytes");
        Refused(deltas with { Page = [128, 1, 4, 1, 4, 97] }, "a text of 2 bytes in 1");
        Refused(deltas with { Page = [128, 1, 0, 1, 2, 97] }, "blocks of 128 deltas in 0 parts");
        Refused(deltas with { Page = [0, 4, 1, 2, 97] }, "blocks of 0 deltas");
        Refused(deltas with { Page = [255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 1, 1, 2, 97] }, "blocks of 18446744073709551615 deltas");
        Refused(deltas with { Page = [128, 1, 3, 1, 2, 97] }, "in 3 parts");
        Refused((deltas with { Page = [128, 1, 4, 2, 0, 0, 65, 0, 0, 0] }).Write("a", "b"), "deltas of 65 bits");
        Refused((deltas with { Page = [128, 1, 4, 2, 0, 0, 64, 0, 0, 0] }).Write("a", "b"), "deltas of 64 bits in 0 bytes");
        Refused(Honest with { Encoding = PageEncoding.DeltaByteArray, Page = [128, 1, 4, 1, 2, 128, 1, 4, 1, 2, 97] }, "a prefix of 1 bytes; expected at most the 0");
    }

    [Fact]
    public void Read_DecompressionBomb_StopsAtTheSizeOfThePage()
    {
        var zeros = new byte[100 << 20];
        foreach (var (codec, bomb) in new[] { (Codec.Gzip, Gzip(zeros)), (Codec.Brotli, Brotli(zeros)) })
        {
            RefusedWithin(1 << 20, Honest with { Codec = codec, Page = bomb, PageSize = 5 }, "decompresses to more bytes");
            RefusedWithin(1 << 20, Honest with { Codec = codec, Page = bomb[..^20], PageSize = 5 }, $"a page that {codec} decompresses to more");
            // A page of few bytes that says it is large gets memory as it turns out to be.
            RefusedWithin(1 << 20, Honest with { Codec = codec, Page = codec == Codec.Gzip ? Gzip([1]) : Brotli([1]), PageSize = 1 << 30 }, "fewer bytes");
        }

        RefusedWithin(1 << 20, Honest with { Codec = Codec.Snappy, Page = [0x80, 0x80, 0x80, 0x80, 4], PageSize = 1 << 30 }, "decompresses to fewer bytes");
    }

    [Fact]
    public void Open_DeeplyNestedMetadata_IsRefused()
    {
        // Lists in lists, and structs in structs, of a field that nothing is known of.
        Refused(Footer([0x99, .. Enumerable.Repeat((byte)0x19, 100_000)]), "structs inside each other");
        Refused(Footer([0x9C, .. Enumerable.Repeat((byte)0x1C, 100_000)]), "structs inside each other");
        Refused(Footer([0x9B, .. Enumerable.Repeat<byte[]>([1, 0xBB], 50_000).SelectMany(map => map)]), "structs inside each other");
        // Groups in groups of the schema: name "", one child.
        Refused(Footer([0x29, 0xFC, 0xE0, 0xD4, 3, .. Enumerable.Repeat<byte[]>([0x55, 2, 0], 60_000).SelectMany(group => group)]), "inside 64 others");
        // A list that says it has 2^31 elements.
        Refused(Footer([0x29, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 7]), "metadata cut short");
    }

    [Fact]
    public void Open_MetadataThatWouldFillMemory_IsRefused()
    {
        // A column takes a byte of the footer, and so does one of a row group.
        Refused(Footer([0x29, 0xFC, 0xC0, 0x84, 0x3D, .. new byte[1_000_000]]), "a schema of 1000000 columns and groups");
        byte[] schema = [0x29, 0x2C, 0x55, 2, 0, 0x15, 0, 0, 0x16, 0];
        Refused(Footer([.. schema, 0x19, 0xFC, 0xC0, 0x8D, 0xB7, 1, .. new byte[3_000_000]]), "3000000 row groups of 1 columns");
        Refused(Footer([.. schema, 0x19, 0x1C, 0x19, 0xFC, 0xC0, 0x84, 0x3D, .. new byte[1_000_000]]), "a row group of 1000000 columns; expected the schema's 1");
    }

    [Fact]
    public void Read_FileCutShort_IsRefusedWhereverItIsCut()
    {
        var bytes = File.ReadAllBytes(ParquetSamples.PathOf("small_v2_dictionary.parquet"));
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<InvalidDataException>(() => ParquetFile.Open(new MemorySource(bytes.AsMemory(0, length))));
    }

    static byte[] Footer(byte[] thrift) => [.. "PAR1"u8, .. thrift, .. BitConverter.GetBytes(thrift.Length), .. "PAR1"u8];

    static byte[] Gzip(byte[] bytes) => Compress(bytes, stream => new GZipStream(stream, CompressionLevel.Optimal));

    static byte[] Brotli(byte[] bytes) => Compress(bytes, stream => new BrotliStream(stream, CompressionLevel.Fastest));

    static byte[] Compress(byte[] bytes, Func<Stream, Stream> codec)
    {
        var result = new MemoryStream();
        using (var stream = codec(result))
            stream.Write(bytes);
        return result.ToArray();
    }

    static List<string> Read(byte[] bytes)
    {
        using var file = ParquetFile.Open(new MemorySource(bytes, "test.parquet"));
        return [.. file.Read<string>("text")];
    }

    static void Refused(ParquetBytes file, string found) => Refused(file.Write("Hello"), found);

    static void RefusedWithin(long bytes, ParquetBytes file, string found)
    {
        var written = file.Write("Hello");
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(written, found);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, bytes);
    }

    static void Refused(byte[] file, string found)
    {
        var error = Assert.Throws<InvalidDataException>(() => Read(file));
        Assert.StartsWith("test.parquet, ", error.Message, StringComparison.Ordinal);
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
    }
}
