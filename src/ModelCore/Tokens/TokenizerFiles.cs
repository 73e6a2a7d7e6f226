using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace HeadScope.ModelCore.Tokens;

/// <summary>Finds and reads the files that define a tokenizer.</summary>
internal static class TokenizerFiles
{
    /// <summary>The largest tokenizer files in use have some 35 MB; beyond this a file is something else.</summary>
    const int MaxBytes = 64 << 20;

    static readonly string[] VocabularyNames = ["vocab.json", "encoder.json"];
    static readonly string[] MergeNames = ["merges.txt", "vocab.bpe"];

    /// <summary>Every file that may belong to a tokenizer.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", .. VocabularyNames, .. MergeNames];

    /// <summary>A folder with tokenizer.json or with GPT-2's two files, or one of these files.</summary>
    public static TokenizerDefinition Read(string folderOrFile)
    {
        if (File.Exists(folderOrFile))
        {
            var name = Path.GetFileName(folderOrFile);
            if (!VocabularyNames.Contains(name) && !MergeNames.Contains(name))
                return ReadJson(folderOrFile);
            folderOrFile = Path.GetDirectoryName(Path.GetFullPath(folderOrFile))!;
        }
        else if (File.Exists(Path.Combine(folderOrFile, "tokenizer.json")))
        {
            return ReadJson(Path.Combine(folderOrFile, "tokenizer.json"));
        }

        var vocabulary = VocabularyNames.Select(name => Path.Combine(folderOrFile, name)).FirstOrDefault(File.Exists);
        var merges = MergeNames.Select(name => Path.Combine(folderOrFile, name)).FirstOrDefault(File.Exists);
        if (vocabulary is null || merges is null)
        {
            throw new FileNotFoundException(
                $"{folderOrFile}: no tokenizer here. Expected tokenizer.json, or vocab.json (encoder.json) together with merges.txt " +
                "(vocab.bpe). Download these files into the folder, or name another.");
        }

        if (Path.Combine(folderOrFile, "added_tokens.json") is var added && File.Exists(added))
        {
            throw new InvalidDataException(
                $"{added}: tokens beyond vocab.json are read from tokenizer.json only. Save the tokenizer in that format beside it.");
        }

        return ReadPair(vocabulary, merges);
    }

    /// <summary>A tokenizer.json from anywhere.</summary>
    public static TokenizerDefinition Read(Stream tokenizerJson, string name)
    {
        var bytes = ReadBytes(tokenizerJson, name);
        return TokenizerJson.Read(bytes, name, Hash(bytes));
    }

    static TokenizerDefinition ReadJson(string file)
    {
        using var stream = File.OpenRead(file);
        return Read(stream, file);
    }

    /// <summary>GPT-2's files. They do not name their one added token; where it is in the vocabulary, it is one.</summary>
    static TokenizerDefinition ReadPair(string vocabularyFile, string mergesFile)
    {
        byte[] vocabularyBytes = ReadBytes(vocabularyFile), mergeBytes = ReadBytes(mergesFile);
        using var document = TokenizerJson.Parse(vocabularyBytes, vocabularyFile);
        var vocabulary = TokenizerJson.ReadVocabulary(new TokenizerField(vocabularyFile, document.RootElement));
        if (!Utf8.IsValid(mergeBytes))
            throw TokenizerField.Damaged(mergesFile, "bytes that are not UTF-8 where text was expected.");
        using var lines = new StringReader(Encoding.UTF8.GetString(mergeBytes));
        return new TokenizerDefinition
        {
            Vocabulary = vocabulary,
            Merges = MergeReader.ReadLines(lines, mergesFile, vocabulary),
            AddedTokens = vocabulary.IdOf(TokenizerDefinition.EndOfText) is { } id ? [AddedToken.NewSpecial(id, TokenizerDefinition.EndOfText)] : [],
            Hash = Hash(vocabularyBytes, mergeBytes),
        };
    }

    static byte[] ReadBytes(string file)
    {
        using var stream = File.OpenRead(file);
        return ReadBytes(stream, file);
    }

    static byte[] ReadBytes(Stream stream, string name)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (stream.Read(buffer) is > 0 and var count)
        {
            if (bytes.Length + count > MaxBytes)
                throw TokenizerField.Damaged(name, $"more than {MaxBytes >> 20} MiB where a tokenizer was expected.");
            bytes.Write(buffer, 0, count);
        }

        return bytes.ToArray();
    }

    static string Hash(params ReadOnlySpan<byte[]> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
            hash.AppendData(file);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
