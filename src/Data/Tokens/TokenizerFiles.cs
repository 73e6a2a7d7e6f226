using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using HeadScope.Data.Files;

namespace HeadScope.Data.Tokens;

/// <summary>Finds and reads the files that define a tokenizer.</summary>
internal static class TokenizerFiles
{
    /// <summary>The largest tokenizer files in use have some 35 MB; beyond this a file is something else.</summary>
    const int MaxBytes = 64 << 20;

    const string JsonName = "tokenizer.json";

    static readonly string[] VocabularyNames = ["vocab.json", "encoder.json"];
    static readonly string[] MergeNames = ["merges.txt", "vocab.bpe"];

    /// <summary>Every file that may belong to a tokenizer.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [JsonName, "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", .. VocabularyNames, .. MergeNames];

    /// <summary>Whether a folder has the files of a tokenizer, or some of them.</summary>
    public static bool AreIn(InputPath folder) => VocabularyNames.Prepend(JsonName).Any(name => folder.Child(name).IsFile);

    /// <summary>A folder with tokenizer.json or with GPT-2's two files, or one of these files.</summary>
    public static TokenizerDefinition Read(InputPath folderOrFile)
    {
        var folder = folderOrFile;
        if (folderOrFile.IsFile)
        {
            var name = Path.GetFileName(folderOrFile.Path);
            if (!VocabularyNames.Contains(name) && !MergeNames.Contains(name))
                return ReadJson(folderOrFile);
            folder = folderOrFile.Parent;
        }
        else if (folder.Child(JsonName) is { IsFile: true } json)
        {
            return ReadJson(json);
        }

        var vocabulary = VocabularyNames.Select(folder.Child).FirstOrDefault(path => path.IsFile);
        var merges = MergeNames.Select(folder.Child).FirstOrDefault(path => path.IsFile);
        if (vocabulary is null || merges is null)
        {
            throw new FileNotFoundException(
                $"{folder.Name}: no tokenizer here. Expected tokenizer.json, or vocab.json (encoder.json) together with merges.txt " +
                "(vocab.bpe). Download these files into the folder, or name another.");
        }

        if (folder.Child("added_tokens.json") is { IsFile: true } added)
        {
            throw new InvalidDataException(
                $"{added.Name}: tokens beyond vocab.json are read from tokenizer.json only. Save the tokenizer in that format beside it.");
        }

        return ReadPair(vocabulary, merges);
    }

    /// <summary>A tokenizer.json from anywhere.</summary>
    public static TokenizerDefinition Read(Stream tokenizerJson, string name)
    {
        var bytes = ReadBytes(tokenizerJson, name);
        return TokenizerJson.Read(bytes, name, Hash(bytes));
    }

    static TokenizerDefinition ReadJson(InputPath file)
    {
        var bytes = ReadBytes(file);
        return TokenizerJson.Read(bytes, file.Name, Hash(bytes));
    }

    /// <summary>GPT-2's files. They do not name their one added token; where it is in the vocabulary, it is one.</summary>
    static TokenizerDefinition ReadPair(InputPath vocabularyPath, InputPath mergesPath)
    {
        byte[] vocabularyBytes = ReadBytes(vocabularyPath), mergeBytes = ReadBytes(mergesPath);
        var (vocabularyFile, mergesFile) = (vocabularyPath.Name, mergesPath.Name);
        using var document = TokenizerJson.Parse(vocabularyBytes, vocabularyFile);
        var vocabulary = TokenizerJson.ReadVocabulary(new TokenizerField(vocabularyFile, document.RootElement));
        if (!Utf8.IsValid(mergeBytes))
            throw TokenizerField.Damaged(mergesFile, "bytes that are not UTF-8 where text was expected.");
        using var lines = new StringReader(Encoding.UTF8.GetString(mergeBytes));
        return new TokenizerDefinition
        {
            Vocabulary = vocabulary,
            Merges = MergeReader.ReadLines(lines, mergesFile, vocabulary),
            AddedTokens = vocabulary.IdOf(TokenizerDefinition.EndOfText) is { } id ? [AddedToken.NewSpecial(
                id, TokenizerDefinition.EndOfText)] : [],
            Hash = Hash(vocabularyBytes, mergeBytes),
        };
    }

    static byte[] ReadBytes(InputPath path)
    {
        using var file = new FileSource(path);
        return file.ReadAll(MaxBytes);
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
