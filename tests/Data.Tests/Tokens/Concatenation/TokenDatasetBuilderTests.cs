using System.Security.Cryptography;
using System.Text;
using HeadScope.Data.Tokens;
using HeadScope.Data.Tokens.Concatenation;
using HeadScope.Data.Tokens.Shuffling;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Tokens.Concatenation;

public sealed class TokenDatasetBuilderTests : IDisposable
{
    const int EndOfText = 0;

    static readonly ConcatenationOptions Options = new() { Context = 16 };

    /// <summary>Texts of several batches, none of them the same.</summary>
    static readonly List<string> Documents = [.. HardText.Code(3100).Select((text, i) => $"{i} {text}")];

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Profiles => [.. ConcatenationProfile.All.Select(profile => profile.Name)];

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Build_AnyThreads_SameBytes(string profile)
    {
        var options = Options with { Profile = Named(profile), ShuffleSeed = 42 };
        var expected = Bytes(options with { Threads = 1 });
        Assert.Equal(expected, Bytes(options with { Threads = 1 }));
        Assert.Equal(expected, Bytes(options with { Threads = 7 }));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Build_AnyProfile_EachRowBeginsWithBos(string profile)
    {
        Assert.Equal(EndOfText, TokenizerSamples.Demo.BosId);
        var rows = Rows(Options with { Profile = Named(profile) });
        Assert.All(rows, row => Assert.Equal(EndOfText, row[0]));
    }

    [Fact]
    public void Build_DocumentsNotCut_RowsAreTheBatchesTokensWithoutTheirEnds()
    {
        var options = Options with { Profile = ConcatenationProfile.TransformerLens31, Processes = 4 };
        var expected = new List<int[]>();
        // 3,100 documents for four processes: 775 each, so that each has one batch.
        foreach (var batch in Documents.Chunk(775))
        {
            var tokens = batch.SelectMany(
                (text, i) => (int[])[.. i == 0 ? [] : new[] { EndOfText }, .. TokenizerSamples.Demo.Encode(text)]);
            expected.AddRange(tokens.Chunk(15).Where(row => row.Length == 15).Select(row => (int[])[EndOfText, .. row]));
        }

        Assert.Equal(expected, Rows(options));
    }

    [Fact]
    public void Build_PaddingIsEndOfText_NoDocumentsEndRemains()
    {
        Assert.DoesNotContain(EndOfText, Rows(Options).SelectMany(row => row.Skip(1)));
        var kept = Rows(Options with { Padding = ConcatenationOptions.AddedPadding }).SelectMany(row => row.Skip(1))
            .Count(id => id == EndOfText);
        Assert.InRange(kept, Documents.Count * 9 / 10, Documents.Count); // some are cut in two, some dropped with an end
    }

    [Fact]
    public void Build_CutWithinAWord_TokenisesItsPartsApart()
    {
        // 40 characters make pieces of 2: each is tokenised by itself.
        var text = string.Concat(Enumerable.Repeat("the ", 10));
        var expected = text.Chunk(2).SelectMany(pair => TokenizerSamples.Demo.Encode(new string(pair)));
        Assert.Equal(expected.Take(15), Concatenated.Rows(TokenizerSamples.Demo, Options, [text], _folder)[1..16]);
        Assert.NotEqual(expected, TokenizerSamples.Demo.Encode(text));
    }

    [Fact]
    public void Build_ShuffleSeed_PutsRowsInNumpysOrder()
    {
        var rows = Rows(Options);
        var order = NumpyPermutation.Of(rows.Count, 42);
        var shuffled = Rows(Options with { ShuffleSeed = 42 });
        Assert.Equal(order.Select(row => rows[row]), shuffled);
        Assert.Equal(shuffled.Take(5), Rows(Options with { ShuffleSeed = 42, Rows = 5 }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(int.MaxValue)]
    public void Build_Rows_AreTheFirst(int count) => Assert.Equal(Rows(Options).Take(count), Rows(Options with { Rows = count }));

    [Fact]
    public void Build_EnoughRows_ReadsNoFurther()
    {
        static IEnumerable<string> Endless()
        {
            while (true)
                yield return "the same document again";
        }

        var path = _folder.File("tokens.safetensors");
        var summary = new TokenDatasetBuilder(TokenizerSamples.Demo, Options with { Processes = 1, Rows = 3 }).Build(Endless(), path);
        Assert.Equal((DocumentBatches.Size, 3), (summary.Documents, summary.Rows));
    }

    [Fact]
    public void Build_Metadata_SayWhatTheFileIsMadeOf()
    {
        // The fourth is longer than what is hashed at a time, and has a surrogate pair across that end.
        string[] documents = ["", "é", "🙂", new string('a', 65535) + "🙂 end"];
        var path = _folder.File("tokens.safetensors");
        new TokenDatasetBuilder(TokenizerSamples.Demo, Options with { ShuffleSeed = 7, Rows = 2, Processes = 1 }).Build(documents, path);
        using var dataset = TokenDataset.Open(new TokenLocation(path));
        var framed = documents.SelectMany(
            text => (byte[])[.. BitConverter.GetBytes(Encoding.UTF8.GetByteCount(text) + 0L), .. Encoding.UTF8.GetBytes(text)]);
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["profile"] = "transformer-lens-1",
                ["context"] = "16",
                ["rows"] = "2",
                ["add_bos"] = "true",
                ["padding"] = "<|endoftext|>",
                ["processes"] = "1",
                ["documents"] = "4",
                ["shuffle_seed"] = "7",
                ["text_sha256"] = Convert.ToHexStringLower(SHA256.HashData([.. framed])),
                ["tokenizer_sha256"] = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(TokenizerSamples.DemoFile))),
            },
            dataset.Metadata);
    }

    [Fact]
    public void Build_Fails_LeavesTheFileThatWasThere()
    {
        var path = _folder.File("tokens.safetensors");
        File.WriteAllText(path, "before");
        foreach (var seed in new ulong?[] { null, 42 })
        {
            var builder = new TokenDatasetBuilder(TokenizerSamples.Demo, Options with { ShuffleSeed = seed });
            Assert.Throws<IOException>(() => builder.Build(Documents.Concat(Broken()), path));
            using var cancelled = new CancellationTokenSource();
            Assert.Throws<OperationCanceledException>(
                () => builder.Build(Documents, path, new Progress(cancelled.Cancel), cancelled.Token));
        }

        Assert.Equal("before", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));

        static IEnumerable<string> Broken()
        {
            yield return "";
            throw new IOException("the disk is gone");
        }
    }

    [Fact]
    public void Build_NoDocuments_SaysSo() => AssertFault("There are no documents", []);

    [Fact]
    public void Build_TooLittleText_SaysHowMuchThereIs() =>
        AssertFault("does not fill one row of 16 tokens: it has 6 tokens in 2 documents, and at most 3 in one batch", ["a b", "c d"]);

    [Fact]
    public void Build_HalfASurrogatePair_SaysWhere()
    {
        foreach (var profile in ConcatenationProfile.All)
        {
            var builder = new TokenDatasetBuilder(TokenizerSamples.Demo, Options with { Profile = profile });
            var fault = Assert.Throws<ArgumentException>(() => builder.Build(["fine", "ab\uD83Dc"], _folder.File("tokens.safetensors")));
            Assert.Contains("half of a surrogate pair, U+D83D, at index 2", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void New_TokenizerWithoutEndOfText_SaysSo()
    {
        var tokenizer = TokenizerSamples.Load(TokenizerSamples.Small([("a", "b")]));
        var fault = Assert.Throws<ArgumentException>(() => new TokenDatasetBuilder(tokenizer, Options));
        Assert.Contains("no added token '<|endoftext|>'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void New_PaddingTheTokenizerLacks_SaysWhichItHas()
    {
        var fault = Assert.Throws<ArgumentException>(
            () => new TokenDatasetBuilder(TokenizerSamples.Demo, Options with { Padding = "[PAD]" }));
        Assert.Contains("no added token '[PAD]' to pad with. It has <|endoftext|>", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void New_TemplateOfSpecialTokens_IsRefusedWhereItWouldCount()
    {
        var tokenizer = TokenizerSamples.Load(TokenizerSamples.DemoWith(root => root["post_processor"] = System.Text.Json.Nodes.JsonNode.Parse(
            """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|endoftext|>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{}}""")));
        Assert.Throws<ArgumentException>(() => new TokenDatasetBuilder(tokenizer, Options));
        var without = Options with { Profile = ConcatenationProfile.TransformerLens31 };
        Assert.Equal(Rows(without), Concatenated.Rows(tokenizer, without, Documents, _folder).Chunk(16));
    }

    static ConcatenationProfile Named(string name) => ConcatenationProfile.All.Single(profile => profile.Name == name);

    void AssertFault(string message, string[] documents)
    {
        var builder = new TokenDatasetBuilder(TokenizerSamples.Demo, Options);
        var fault = Assert.Throws<InvalidDataException>(() => builder.Build(documents, _folder.File("tokens.safetensors")));
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }

    List<int[]> Rows(ConcatenationOptions options) =>
        [.. Concatenated.Rows(TokenizerSamples.Demo, options, Documents, _folder).Chunk(options.Context)];

    byte[] Bytes(ConcatenationOptions options)
    {
        var path = _folder.File("tokens.safetensors");
        new TokenDatasetBuilder(TokenizerSamples.Demo, options).Build(Documents, path);
        return File.ReadAllBytes(path);
    }

    sealed class Progress(Action act) : IProgress<ConcatenationProgress>
    {
        public void Report(ConcatenationProgress value) => act();
    }
}
