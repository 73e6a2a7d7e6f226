using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using HeadScope.Data.Files;
using HeadScope.Data.Frames;
using HeadScope.Data.Tests;
using HeadScope.Data.Tests.Frames;
using HeadScope.Data.Tests.Tokens;
using HeadScope.Data.Text;
using HeadScope.Data.Tokens;
using HeadScope.Tests.Support;

namespace HeadScope.Fuzzing.Targets;

/// <summary>Texts, tokenizers and tokens.</summary>
internal static class TextTargets
{
    const string Sample = "The quick brown fox's  café\n\n 123 🙂 <|endoftext|>";

    /// <summary>Texts read of a file: a run of a few bytes may say that it has 2^31.</summary>
    const int MostTexts = 20_000;

    /// <summary>What the process grows by of itself, and a page, which the runtime does not count.</summary>
    const long MostGrowth = 128 << 20;

    static readonly string[] ParquetFiles =
    [
        "small_v2_deltas.parquet", "small_v2_dictionary.parquet", "arrow_uncompressed_v1_plain.parquet",
        "arrow_snappy_v1_dictionary.parquet",
        "arrow_gzip_v2_deltas.parquet", "arrow_brotli_v2_dictionary.parquet", "arrow_zstd_v2.parquet", "duckdb_snappy_v1.parquet",
        "duckdb_gzip_v2.parquet", "nested.parquet", "nulls.parquet",
    ];

    /// <summary>The demo's, with its first hundred merges: small, so that damage hits what matters.</summary>
    public static FuzzTarget TokenizerJson(TemporaryFolder folder)
    {
        var json = TokenizerSamples.DemoWith(root =>
        {
            var model = root["model"]!.AsObject();
            model["merges"] = new JsonArray([.. model["merges"]!.AsArray().Take(100).Select(merge => merge!.DeepClone())]);
            var kept = model["vocab"]!.AsObject().OrderBy(entry => (int)entry.Value!).Take(500);
            model["vocab"] = new JsonObject(kept.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)(int)entry.Value!)));
        });
        return new FuzzTarget([Encoding.UTF8.GetBytes(json)], length => 256L * length + (8 << 20), bytes =>
        {
            var tokenizer = Tokenizer.Load(new MemoryStream(bytes), "damaged.json");
            tokenizer.Decode(tokenizer.Encode(Sample));
        });
    }

    /// <summary>GPT-2's second file, beside a small vocabulary.</summary>
    public static FuzzTarget Merges(TemporaryFolder folder)
    {
        var letters = Enumerable.Range(0, 256).Select(value => ByteAlphabet.LetterOf((byte)value).ToString());
        string[] tokens = [.. letters, "th", "the", "Ġthe", "qu", "ick", "ic", "<|endoftext|>"];
        var vocabulary = new JsonObject(tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id)));
        File.WriteAllText(folder.File("vocab.json"), vocabulary.ToJsonString());
        byte[] seed = [.. "#version: 0.2\nt h\nth e\nĠ the\nq u\ni c\nic k\n"u8];
        return new FuzzTarget([seed], length => 256L * length + (8 << 20), bytes =>
        {
            File.WriteAllBytes(folder.File("merges.txt"), bytes);
            var tokenizer = Tokenizer.Load(folder.File(""));
            tokenizer.Decode(tokenizer.Encode(Sample));
        })
        {
            Damage = ByteChanges.Next,
        };
    }

    public static FuzzTarget Parquet(TemporaryFolder folder)
    {
        var path = folder.File("damaged.parquet");
        var peak = new PeakMemory();
        byte[][] seeds = [.. ParquetFiles.Select(name => File.ReadAllBytes(ParquetSamples.PathOf(name)))];
        return new FuzzTarget(seeds, length => 256L * length + (1 << 20), bytes =>
        {
            File.WriteAllBytes(path, bytes);
            foreach (var _ in new ParquetText(path, Documents.DefaultColumn).Read().Take(MostTexts))
                continue;
            Assert.InRange(peak.Growth, 0, MostGrowth);
        })
        {
            Damage = ParquetMutator.Next,
        };
    }

    public static FuzzTarget JsonLines(TemporaryFolder folder) => new(
        [
            [.. """
            {"text": "one", "id": 1}
            {"id": {"nested": [1, 2, "}"]}, "text": "tw\u006f \ud83d\ude42"}

            """u8],
            [.. """[{"text": "one \"quoted\""}, {"text": "two", "meta": {"a": null}}]"""u8],
            [0xEF, 0xBB, 0xBF, .. "\r\n{\"text\":\"\"}\r\n"u8],
        ],
        length => 64L * length + (2 << 20), bytes => ReadAll(folder.File("damaged.jsonl"), bytes));

    /// <summary>A kilobyte may hold a megabyte.</summary>
    public static FuzzTarget Gzip(TemporaryFolder folder)
    {
        byte[] lines = [.. "{\"text\": \"one\"}\n{\"text\": \"two two two two two two two\"}\n"u8];
        return new FuzzTarget(
            [Compress(lines), [.. Compress(lines), .. Compress(lines)], Compress([])],
            length => 8000L * length + (2 << 20), bytes => ReadAll(folder.File("damaged.jsonl.gz"), bytes))
        {
            Damage = (inputs, random) =>
                random.Next(4) == 0 ? Compress(JsonMutator.Next([lines], random)) : ByteChanges.Next(inputs, random),
        };
    }

    public static FuzzTarget Text(TemporaryFolder folder) => new(
        [[.. "Two words, é and 🙂.\r\n"u8], [0xEF, 0xBB, 0xBF, .. "marked"u8]],
        length => 64L * length + (1 << 20), bytes => ReadAll(folder.File("damaged.txt"), bytes))
    {
        Damage = ByteChanges.Next,
    };

    public static FuzzTarget TokenTensor(TemporaryFolder folder)
    {
        var path = folder.File("seed.safetensors");
        TokenFile.Write(path, [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 999]]);
        return new FuzzTarget(
            [File.ReadAllBytes(path)], length => 64L * length + (8 << 20), bytes => ReadTokens(folder.File("damaged.safetensors"), bytes))
        {
            Damage = (inputs, random) =>
                random.Next(4) == 0 ? ByteChanges.Next(inputs, random) : WeightTargets.DamageHeader(inputs, random),
        };
    }

    public static FuzzTarget TokenArray(TemporaryFolder folder) => new(
        [
            Array(1, "<i4", "3, 2", [.. Enumerable.Range(1, 6).SelectMany(BitConverter.GetBytes)]),
            Array(2, "|u1", "2, 4", [1, 2, 3, 4, 5, 6, 7, 8]),
            Array(3, "<i8", "1, 2", [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]),
        ],
        length => 64L * length + (8 << 20), bytes => ReadTokens(folder.File("damaged.npy"), bytes))
    {
        Damage = (inputs, random) => random.Next(2) == 0 ? ByteChanges.Next(inputs, random) : JsonMutator.Next(inputs, random),
    };

    static void ReadAll(string path, byte[] bytes)
    {
        File.WriteAllBytes(path, bytes);
        foreach (var _ in Documents.Open(path).Read())
            continue;
    }

    static void ReadTokens(string path, byte[] bytes)
    {
        File.WriteAllBytes(path, bytes);
        using var tokens = TokenDataset.Open(InputPath.Anywhere(path), null);
        var row = new int[tokens.Context];
        tokens.Read(0, row);
        tokens.Read(tokens.Rows - 1, row);
        tokens.Hash(tokens.Rows, vocabulary: 1000);
    }

    static byte[] Array(byte version, string type, string shape, byte[] data)
    {
        var header = Encoding.Latin1.GetBytes($"{{'descr': '{type}', 'fortran_order': False, 'shape': ({shape}), }}\n");
        var length = new byte[version == 1 ? 2 : 4];
        if (version == 1)
            BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)header.Length);
        else
            BinaryPrimitives.WriteInt32LittleEndian(length, header.Length);
        return [0x93, .. "NUMPY"u8, version, 0, .. length, .. header, .. data];
    }

    static byte[] Compress(byte[] bytes)
    {
        var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return result.ToArray();
    }
}
