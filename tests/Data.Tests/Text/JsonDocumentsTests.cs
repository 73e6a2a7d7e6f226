using System.IO.Compression;
using System.Text;
using System.Text.Json;
using HeadScope.Data.Text;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Text;

public sealed class JsonDocumentsTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("{\"text\":\"a\"}\n{\"text\":\"b\"}\n", "a,b")]
    [InlineData("{\"text\":\"a\"}\r\n\r\n  \n{\"text\":\"b\"}", "a,b")]
    [InlineData("\uFEFF\n {\"text\":\"a\"} \n", "a")]
    [InlineData("", "")]
    [InlineData("\n\n", "")]
    [InlineData("{\"meta\":{\"text\":[1,{\"text\":2}]},\"text\":\"a\",\"x\":null}", "a")]
    [InlineData("{\"te\\u0078t\":\"\\ud83d\\ude00\\n\"}", "\U0001F600\n")]
    [InlineData("{\"text\":\"a\",\"text\":\"b\"}", "b")]
    [InlineData("[{\"text\":\"a\"},\n {\"text\":\"}\\\\\\\"]\"}]\n", "a,}\\\"]")]
    [InlineData(" [ ] ", "")]
    public void Read_AnyLayout_GivesTheField(string json, string documents) =>
        Assert.Equal(documents == "" ? [] : documents.Split(','), Read(json));

    [Theory]
    [InlineData("{\"text\":\"a\"}\n\n{\"text\":1}", "line 3: found a number in the field 'text'; expected text")]
    [InlineData("{\"text\":null}", "line 1: found null in the field 'text'")]
    [InlineData("\n\n{\"content\":\"a\",\"id\":[]}", "line 3: found the fields 'content', 'id'; expected a field 'text'. Name another field.")]
    [InlineData("{}", "line 1: found the fields (none)")]
    [InlineData("{\"text\":\"a\"} {\"text\":\"b\"}", "line 1: found no JSON from byte 13 on")]
    [InlineData("{\n\"text\":\"a\"\n}", "line 1: found no JSON from byte 1 on; expected an object. Write the file again as JSON lines")]
    [InlineData("{\"text\":\"a\"}\n{\"text\":\"b", "line 2: found no JSON from byte")]
    [InlineData("\"a\"", "line 1: found a text; expected an object")]
    [InlineData("{\"text\":\"a\"}\n{\"text\":\"\\ud800\"}", "line 2: found an escape for half a surrogate pair")]
    [InlineData("{\"text\":\"\\ude00\\ud83d\"}", "line 1: found an escape for half a surrogate pair")]
    [InlineData("[{\"text\":\"a\"},]", "object 2: found ']'; expected an object")]
    [InlineData("[{\"text\":\"a\"} {\"text\":\"b\"}]", "object 2: found '{'; expected a comma or the array's end")]
    [InlineData("[{\"text\":\"a\"},{\"text\":\"b]", "object 2: found the end of the file; expected the object's end")]
    [InlineData("[{\"text\":\"a\"}", "object 2: found the end of the file; expected the array's end")]
    [InlineData("[{\"text\":\"a\"}]]", "end: found ']'; expected nothing behind the array")]
    [InlineData("[\"a\"]", "object 1: found '\"'; expected an object")]
    public void Read_WhatIsNoDocument_SaysWhere(string json, string message) => Refused(Encoding.UTF8.GetBytes(json), message);

    [Fact]
    public void Read_BytesThatAreNotUtf8_SaysWhere()
    {
        Refused([.. "{\"text\":\"a\"}\n{\"text\":\""u8, 0xE9, .. "\"}"u8], "line 2: found bytes that are not UTF-8");
        Refused([.. "{\"other\":\""u8, 0xED, 0xA0, 0x80, .. "\",\"text\":\"\"}"u8], "line 1: found bytes that are not UTF-8");
    }

    [Fact]
    public void Read_AnotherField_IsTheOneNamed() => Assert.Equal(["b"], Read("""{"text":"a","content":"b"}""", "content"));

    [Fact]
    public void Read_RandomObjects_GivesWhatWasWritten()
    {
        const int Seed = 5;
        var random = new Random(Seed);
        string[] parts =
        [
            "a", "\"", "\\", "{", "}", "[", "]", ",", "\n", "\r", "\u2028", "é", "日", "\U0001F600", "\0", "\uFEFF", new string('x', 70_000),
        ];
        for (var i = 0; i < 100; i++)
        {
            string[] texts = [.. Enumerable.Range(0, random.Next(8)).Select(_ => string.Concat(random.GetItems(parts, random.Next(12))))];
            var options = new JsonSerializerOptions { WriteIndented = random.Next(2) == 0 };
            var objects = texts.Select(text => new { before = new[] { text }, text, after = new { text = 1 } }).ToArray();
            var lines = string.Concat(objects.Select(line => JsonSerializer.Serialize(line) + (random.Next(2) == 0 ? "\n" : "\r\n\n")));
            Assert.True(texts.SequenceEqual(Read(lines)), $"seed {Seed}, case {i}: lines");
            Assert.True(texts.SequenceEqual(Read(JsonSerializer.Serialize(objects, options))), $"seed {Seed}, case {i}: an array");
        }
    }

    [Fact]
    public void Read_LineOfManyMegabytes_IsOneDocument()
    {
        var text = new string('x', 40_000_000);
        File.WriteAllLines(_folder.File("long.jsonl"), ["{\"text\":\"" + text + "\"}", "{\"text\":\"b\"}"]);
        Assert.Equal([text.Length, 1], Documents.Open(_folder.File("long.jsonl")).Read().Select(document => document.Length));
    }

    [Theory]
    [InlineData("{\"text\":\"a\"}\n{\"text\":\"")]
    [InlineData("[{\"text\":\"a\"},{\"text\":\"")]
    public void TryRead_RecordBeyondTheLimit_IsRefused(string start)
    {
        var json = Encoding.UTF8.GetBytes(start + new string('x', 1000) + "\"}");
        using var records = new JsonRecords(new MemoryStream(json), "test.json", 500);
        Assert.True(records.TryRead(out _));
        var error = Assert.Throws<InvalidDataException>(() => records.TryRead(out _));
        Assert.Matches("test.json, (line|object) 2: found more than 500 bytes", error.Message);
    }

    [Fact]
    public void Read_Compressed_IsTheSame()
    {
        const int Seed = 6;
        var random = new Random(Seed);
        for (var i = 0; i < 30; i++)
        {
            string[] texts = [.. Enumerable.Range(0, random.Next(50)).Select(
                _ => Convert.ToHexString(RandomBytes(random, random.Next(4000))))];
            // Any number of members one after another is a gzip file.
            var members = texts.Chunk(1 + random.Next(20))
                .Select(part => Gzip(string.Concat(part.Select(text => $"{{\"text\":\"{text}\"}}\n")))).DefaultIfEmpty(Gzip(""));
            File.WriteAllBytes(_folder.File("a.jsonl.gz"), [.. members.SelectMany(member => member)]);
            Assert.True(texts.SequenceEqual(Documents.Open(_folder.File("a.jsonl.gz")).Read()), $"seed {Seed}, case {i}");
        }
    }

    [Fact]
    public void Read_CompressedFileCutShort_IsRefusedWhereverItIsCut()
    {
        var whole = Gzip(string.Concat(Enumerable.Range(0, 50).Select(i => $"{{\"text\":\"{i * 7919}\"}}\n")));
        var stored = Gzip("{\"text\":\"abcdefgh\"}\n", CompressionLevel.NoCompression);
        foreach (var file in new[] { whole, stored })
        {
            for (var length = 0; length < file.Length; length++)
                RefusedCompressed(file[..length]);
        }

        RefusedCompressed([.. whole, .. whole[..^1]]);
        RefusedCompressed([.. whole, .. "more"u8]);
        var damaged = (byte[])whole.Clone();
        damaged[^6] ^= 1; // in the checksum
        RefusedCompressed(damaged);
    }

    void RefusedCompressed(byte[] file)
    {
        File.WriteAllBytes(_folder.File("cut.jsonl.gz"), file);
        var error = Assert.Throws<InvalidDataException>(() => Documents.Open(_folder.File("cut.jsonl.gz")).Read().Count());
        Assert.Contains("cut.jsonl.gz, behind ", error.Message, StringComparison.Ordinal);
    }

    List<string> Read(string json, string column = Documents.DefaultColumn)
    {
        File.WriteAllText(_folder.File("test.json"), json);
        return [.. Documents.Open(_folder.File("test.json"), column).Read()];
    }

    void Refused(byte[] json, string message)
    {
        File.WriteAllBytes(_folder.File("test.jsonl"), json);
        var error = Assert.Throws<InvalidDataException>(() => Documents.Open(_folder.File("test.jsonl")).Read().ToList());
        Assert.Contains($"test.jsonl, {message}", error.Message, StringComparison.Ordinal);
    }

    static byte[] Gzip(string text, CompressionLevel level = CompressionLevel.Optimal)
    {
        var result = new MemoryStream();
        using (var gzip = new GZipStream(result, level))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return result.ToArray();
    }

    static byte[] RandomBytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
