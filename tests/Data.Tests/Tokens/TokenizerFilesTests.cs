using System.Security.Cryptography;
using System.Text.Json.Nodes;
using HeadScope.Data.Tokens;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Tokens;

public sealed class TokenizerFilesTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    string Folder => Path.GetDirectoryName(_folder.File("x"))!;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("vocab.json", "merges.txt")]
    [InlineData("encoder.json", "vocab.bpe")]
    public void Load_Gpt2Files_EqualsTheSameTokenizerInOneFile(string vocabulary, string merges)
    {
        WritePair(vocabulary, merges);
        var one = TokenizerSamples.Load(TokenizerSamples.DemoWith(root => root["normalizer"] = null));
        foreach (var place in new[] { Folder, _folder.File(vocabulary), _folder.File(merges) })
        {
            var pair = Tokenizer.Load(place);
            Assert.Equal(one.AddedTokens, pair.AddedTokens);
            Assert.Equal(one.VocabularySize, pair.VocabularySize);
            foreach (var text in HardText.Mixtures(300).Concat(HardText.EndOfText()))
                Assert.Equal(one.Encode(text), pair.Encode(text));
            byte[] both = [.. File.ReadAllBytes(_folder.File(vocabulary)), .. File.ReadAllBytes(_folder.File(merges))];
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(both)), pair.Hash);
        }
    }

    [Fact]
    public void Load_FolderWithBothForms_ReadsTokenizerJson()
    {
        WritePair("vocab.json", "merges.txt");
        File.Copy(TokenizerSamples.DemoFile, _folder.File("tokenizer.json"));
        Assert.Equal(TokenizerSamples.Demo.Hash, Tokenizer.Load(Folder).Hash);
    }

    [Fact]
    public void Load_FolderWithoutTokenizer_SaysWhatIsMissing()
    {
        File.WriteAllText(_folder.File("vocab.json"), "{}");
        var fault = Assert.Throws<FileNotFoundException>(() => Tokenizer.Load(Folder));
        Assert.Contains("merges.txt", fault.Message);
        Assert.Throws<FileNotFoundException>(() => Tokenizer.Load(_folder.File("no such folder")));
    }

    [Fact]
    public void Load_AddedTokensInAFileOfTheirOwn_AreRefusedNotIgnored()
    {
        WritePair("vocab.json", "merges.txt");
        File.WriteAllText(_folder.File("added_tokens.json"), """{ "<new>": 2048 }""");
        Assert.Contains("added_tokens.json", Assert.Throws<InvalidDataException>(() => Tokenizer.Load(Folder)).Message);
    }

    [Theory]
    [InlineData("Ġ t\nĠt h e\n", "line 2: \"Ġt h e\"")]
    [InlineData("Ġ t\n\ni n\n", "line 2: nothing")]
    [InlineData("Ġ t\r\ni nosuch\r\n", "line 2: the merge of \"i\" and \"nosuch\"")]
    [InlineData("\0", "line 1: ")]
    public void Load_DamagedMerges_NamesTheLine(string merges, string expected)
    {
        WritePair("vocab.json", "merges.txt");
        File.WriteAllText(_folder.File("merges.txt"), merges);
        Assert.Contains("merges.txt: " + expected, Assert.Throws<InvalidDataException>(() => Tokenizer.Load(Folder)).Message);
    }

    [Fact]
    public void Load_MergesThatAreNotUtf8_AreRefused()
    {
        WritePair("vocab.json", "merges.txt");
        File.WriteAllBytes(_folder.File("merges.txt"), [0xC4, 0x20, 0x74]);
        Assert.Throws<InvalidDataException>(() => Tokenizer.Load(Folder));
    }

    [Fact]
    public void Load_StreamWithoutEnd_IsRefusedEarly()
    {
        using var endless = new Endless();
        Assert.Contains("endless: ", Assert.Throws<InvalidDataException>(() => Tokenizer.Load(endless, "endless")).Message);
    }

    void WritePair(string vocabulary, string merges)
    {
        var model = JsonNode.Parse(File.ReadAllText(TokenizerSamples.DemoFile))!["model"]!;
        File.WriteAllText(_folder.File(vocabulary), model["vocab"]!.ToJsonString());
        File.WriteAllLines(_folder.File(merges), ["#version: 0.2", .. model["merges"]!.AsArray().Select(merge => (string)merge!)]);
    }

    sealed class Endless : MemoryStream
    {
        public override int Read(Span<byte> buffer)
        {
            buffer.Fill((byte)' ');
            return buffer.Length;
        }
    }
}
