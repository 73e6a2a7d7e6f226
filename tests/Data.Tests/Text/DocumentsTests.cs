using HeadScope.Data.Tests.Frames;
using HeadScope.Data.Text;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Text;

/// <summary>What is opened at a path, and in which order.</summary>
public sealed class DocumentsTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("duckdb_snappy_v1.parquet")]
    [InlineData("rows.jsonl")]
    public void Open_File_GivesItsDocumentsAgainAndAgain(string name)
    {
        var documents = Documents.Open(ParquetSamples.PathOf(name));
        Assert.Equal([ParquetSamples.PathOf(name)], documents.Files);
        var texts = ParquetSamples.Rows.Select(row => row.Text).ToArray();
        Assert.Equal(texts, documents.Read());
        Assert.Equal(texts, documents.Read());
        Assert.Equal(texts[..3], documents.Read().Take(3));
    }

    [Fact]
    public void Open_HubFolder_ReadsTheShardsOfASplitInOrder()
    {
        WriteParquet("data/train-00000-of-00003-4746b8785c874cc7.parquet");
        WriteParquet("data/train-00001-of-00003-95f0a42b2c0e2d31.parquet");
        WriteParquet("data/train-00002-of-00003-00f0a42b2c0e2d31.parquet");
        WriteParquet("data/validation-00000-of-00001.parquet");
        Write("README.md", "# Data");
        Write(".cache/huggingface/download/data/train-00000-of-00003.parquet", "no Parquet file");
        Write("dataset_infos.json", "{}");
        Assert.Equal(
            ["data/train-00000-of-00003-4746b8785c874cc7.parquet", "data/train-00001-of-00003-95f0a42b2c0e2d31.parquet", "data/train-00002-of-00003-00f0a42b2c0e2d31.parquet"],
            Files(""));
        Assert.Equal(["data/validation-00000-of-00001.parquet"], Files("", "validation"));
        Assert.Equal(["data/validation-00000-of-00001.parquet"], Files("", "dev"));
        Assert.Equal(3 * ParquetSamples.Rows.Count, Documents.Open(_folder.File("")).Read().Count());
        Refused("", "found the splits 'train', 'validation'; expected the split 'test'", split: "test");
    }

    [Theory]
    [InlineData("train.parquet", "test.parquet")]
    [InlineData("train/0000.parquet", "test/0000.parquet")]
    [InlineData("default/partial-train/0000.parquet", "default/partial-test/0000.parquet")]
    [InlineData("my_training_data.parquet", "my_eval_data.parquet")]
    [InlineData("c4-train.00000-of-00001.parquet", "c4-test.00000-of-00001.parquet")]
    [InlineData("test_runs/train-00000-of-00001.parquet", "test_runs/test-00000-of-00001.parquet")]
    public void Open_NamesThatSpeakOfASplit_AreUnderstood(string train, string test)
    {
        WriteParquet(train);
        WriteParquet(test);
        Assert.Equal([train], Files(""));
        Assert.Equal([test], Files("", "test"));
    }

    [Fact]
    public void Open_SplitOfAnyName_IsThatOfItsShards()
    {
        WriteParquet("data/train_sft-00000-of-00001.parquet");
        WriteParquet("data/train_gen-00000-of-00001.parquet");
        Assert.Equal(["data/train_gen-00000-of-00001.parquet"], Files("", "train_gen"));
        Refused("", "the splits 'train_gen', 'train_sft'; expected the split 'train'");
    }

    [Fact]
    public void Open_NamesThatSpeakOfNoSplit_AreAllForTraining()
    {
        WriteParquet("b/000_00000.parquet");
        WriteParquet("a/001_00000.parquet");
        WriteParquet("data-00000-of-00001.parquet");
        Assert.Equal(["a/001_00000.parquet", "b/000_00000.parquet", "data-00000-of-00001.parquet"], Files(""));
        Refused("", "no splits; expected the split 'test'", split: "test");
    }

    [Fact]
    public void Open_ShardThatIsMissing_IsAnErrorThatNamesIt()
    {
        WriteParquet("data/train-00000-of-00004.parquet");
        WriteParquet("data/train-00003-of-00004.parquet");
        Refused("", "2 of 4 shards like 'data/train-00000-of-00004.parquet'; number 1 is the first of 2 that are missing");
        WriteParquet("data/train-00003-of-00004-0123456789abcdef.parquet");
        Refused("", "3 files like 'data/train-00000-of-00004.parquet'; expected one for each of 4 shards");
    }

    [Fact]
    public void Open_SeveralDatasetsInOneFolder_AsksForOne()
    {
        WriteParquet("wikitext-2-v1/train-00000-of-00001.parquet");
        WriteParquet("wikitext-103-v1/train-00000-of-00001.parquet");
        Refused(
            "",
            "2 sets of shards of one split: 'wikitext-103-v1/train-00000-of-00001.parquet', 'wikitext-2-v1/train-00000-of-00001.parquet'");
        Assert.Equal(["train-00000-of-00001.parquet"], Files("wikitext-2-v1"));
    }

    [Fact]
    public void Open_FolderOfTextFiles_ReadsEachAsADocumentInOrdinalOrder()
    {
        Write("b.txt", "second");
        Write("a/z.txt", "first\r\n");
        Write("B.TXT", "zeroth");
        Write("metadata.json", "[1]");
        Write("c.md", "no text file");
        Assert.Equal(["zeroth", "first\r\n", "second"], Documents.Open(_folder.File("")).Read());
    }

    [Fact]
    public void Open_FolderOfJsonLines_ReadsThemBeforeText()
    {
        Write("en/c4-train.00000-of-00001.json", """{"text": "a"}""");
        Write("LICENSE.txt", "text");
        File.Move(_folder.File("en/c4-train.00000-of-00001.json"), _folder.File("en/c4-train.00000-of-00001.jsonl"));
        Assert.Equal(["a"], Documents.Open(_folder.File("")).Read());
    }

    [Fact]
    public void Open_LinkToAFolder_IsNotFollowed()
    {
        Write("a.txt", "a");
        Directory.CreateSymbolicLink(_folder.File("circle"), _folder.File(""));
        File.CreateSymbolicLink(_folder.File("b.txt"), _folder.File("a.txt"));
        Assert.Equal(["a", "a"], Documents.Open(_folder.File("")).Read());
    }

    [Fact]
    public void Open_WhatIsNoDocument_SaysWhatIs()
    {
        Assert.Throws<FileNotFoundException>(() => Documents.Open(_folder.File("none")));
        Write("pile.jsonl.zst", "");
        Refused("pile.jsonl.zst", "found '.zst'; expected Parquet (.parquet), JSON lines");
        Refused("pile.jsonl.zst", "Decompress it first: zstd -d.");
        Refused("", "found 'pile.jsonl.zst'");
        Write("saved/data-00000-of-00001.arrow", "");
        Write("saved/state.json", "{}");
        Refused("saved", "load_from_disk(folder).to_parquet(file)");
        Directory.CreateDirectory(_folder.File("empty"));
        Refused("empty", "found no files");
    }

    [Fact]
    public void Open_ColumnThatIsMissingInOneFile_IsKnownBeforeReading()
    {
        WriteParquet("data/train-00000-of-00002.parquet");
        WriteParquet("data/train-00001-of-00002.parquet", "nested.parquet");
        Refused("", "train-00001-of-00002.parquet, footer: found no column 'text'; expected one of texts. Name another column: 'bytes'.");
    }

    string[] Files(string path, string split = Documents.DefaultSplit) =>
        [.. Documents.Open(_folder.File(path), split: split).Files.Select(file => Path.GetRelativePath(_folder.File(path), file).Replace('\\', '/'))];

    void Refused(string path, string message, string split = Documents.DefaultSplit)
    {
        var error = Assert.Throws<InvalidDataException>(() => Documents.Open(_folder.File(path), split: split));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    void WriteParquet(string name, string sample = "duckdb_gzip_v2.parquet") =>
        Write(name, "", File.ReadAllBytes(ParquetSamples.PathOf(sample)));

    void Write(string name, string text, byte[]? bytes = null)
    {
        var path = _folder.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes ?? System.Text.Encoding.UTF8.GetBytes(text));
    }
}
