using System.Text.Json;
using HeadScope.Data.Files;

namespace HeadScope.Data.Tokens;

/// <summary>
/// Reads <c>tokenizer.json</c>, the file of the Hugging Face tokenizers library, where it describes a byte-level BPE.
/// </summary>
/// <remarks>
/// <c>truncation</c> and <c>padding</c> are settings of batches and play no part. Whatever else would change the ids and is not done
/// here is refused, never passed over.
/// </remarks>
internal static class TokenizerJson
{
    public static TokenizerDefinition Read(ReadOnlyMemory<byte> utf8, string file, string hash)
    {
        using var document = Parse(utf8, file);
        var root = new TokenizerField(file, document.RootElement);
        if (root["version"] is { IsNull: false } version && version.Text() != "1.0")
            throw version.Unsupported("the format is 1.0");
        var model = root["model"];
        CheckModel(model);
        var vocabulary = ReadVocabulary(model["vocab"]);
        var normalize = ReadNormalizer(root["normalizer"]);
        var (addPrefixSpace, splitWords) = ReadPreTokenizer(root["pre_tokenizer"]);
        CheckDecoder(root["decoder"]);
        return new TokenizerDefinition
        {
            Vocabulary = vocabulary,
            Merges = ReadMerges(model["merges"], vocabulary),
            AddedTokens = ReadAddedTokens(root["added_tokens"], vocabulary, normalize),
            UnknownId = ReadUnknown(model["unk_token"], vocabulary),
            FuseUnknown = model["fuse_unk"].Flag(absent: false),
            Normalize = normalize,
            AddPrefixSpace = addPrefixSpace,
            SplitWords = splitWords,
            HasTemplate = AddsTokens(root["post_processor"]),
            Hash = hash,
        };
    }

    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8, string file)
    {
        try
        {
            return StrictJson.Parse(utf8);
        }
        catch (FormatException e)
        {
            throw TokenizerField.Damaged(file, $"not the JSON that was expected: {e.Message}.", e);
        }
    }

    /// <summary>An object from token to id.</summary>
    public static Vocabulary ReadVocabulary(TokenizerField vocab)
    {
        var vocabulary = new Vocabulary();
        foreach (var (token, id) in vocab.Members())
        {
            if (!vocabulary.TryAdd(token, id.Id()))
            {
                throw id.Unexpected($"an id of its own, other than that of {Quote(vocabulary.TokenOf(id.Id())!)},");
            }
        }

        return vocabulary;
    }

    static void CheckModel(TokenizerField model)
    {
        if (model["type"] is { IsNull: false } type && type.Text() != "BPE")
            throw type.Unsupported("the model is to be \"BPE\"");
        if (model["dropout"] is { IsNull: false } dropout && !dropout.IsZero)
            throw dropout.Unsupported("merges are made without dropout");
        foreach (var name in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
        {
            if (model[name] is { IsNull: false } affix && affix.Text().Length > 0)
                throw affix.Unsupported("a byte-level vocabulary has none");
        }

        foreach (var name in new[] { "byte_fallback", "ignore_merges" })
        {
            if (model[name] is { IsNull: false } flag && flag.Flag())
                throw flag.Unsupported("it is to be false");
        }
    }

    /// <summary>An array of "left right" or ["left", "right"], in order of rank.</summary>
    static List<Merge> ReadMerges(TokenizerField merges, Vocabulary vocabulary)
    {
        var list = new List<Merge>();
        foreach (var item in merges.Items())
        {
            var isPair = item.Value.ValueKind == JsonValueKind.Array;
            string[] parts = isPair ? [.. item.Items().Select(part => part.Text())] : item.Text().Split(' ');
            if (parts.Length != 2)
                throw item.Unexpected("two tokens");
            list.Add(MergeReader.Resolve(vocabulary, parts[0], parts[1], item.Fault));
        }

        return list;
    }

    static List<AddedToken> ReadAddedTokens(TokenizerField tokens, Vocabulary vocabulary, bool normalize)
    {
        if (tokens.IsNull)
            return [];
        var list = new List<AddedToken>();
        var taken = new Vocabulary();
        var sought = new HashSet<(bool, string)>();
        var total = 0;
        foreach (var item in tokens.Items())
        {
            var token = new AddedToken(
                item["id"].Id(), item["content"].Text(), item["special"].Flag(), item["normalized"].Flag(),
                item["single_word"].Flag(), item["lstrip"].Flag(), item["rstrip"].Flag());
            if (token.Content.Length is 0 or > AddedTokenMatcher.MaxLength)
                throw item["content"].Unexpected($"a text of 1 to {AddedTokenMatcher.MaxLength} characters");
            total += token.Content.Length;
            if (total > AddedTokenMatcher.MaxTotalLength)
                throw tokens.Unexpected($"at most {AddedTokenMatcher.MaxTotalLength} characters of tokens");
            var own = vocabulary.IdOf(token.Content);
            if (own is not null && own != token.Id)
                throw item["id"].Unexpected($"{own}, which model.vocab gives this token,");
            if (own is null && vocabulary.TokenOf(token.Id) is { } other)
                throw item["id"].Unexpected($"an id of its own, other than that of {Quote(other)} in model.vocab,");
            if (!taken.TryAdd(token.Content, token.Id) || !sought.Add((token.Normalized, TokenizerDefinition.SoughtAs(token, normalize))))
                throw item.Unexpected("an added token of its own id and content");
            list.Add(token);
        }

        return list;
    }

    /// <summary>A vocabulary that has all 256 bytes may name an unknown token it lacks: it is never needed.</summary>
    static int? ReadUnknown(TokenizerField unknown, Vocabulary vocabulary)
    {
        if (unknown.IsNull)
            return null;
        var id = vocabulary.IdOf(unknown.Text());
        if (id is null && Enumerable.Range(0, 256).Any(value => vocabulary.IdOf(ByteAlphabet.LetterOf((byte)value).ToString()) is null))
            throw unknown.Unexpected("a token of model.vocab");
        return id;
    }

    static bool ReadNormalizer(TokenizerField normalizer)
    {
        if (normalizer.IsNull)
            return false;
        var type = normalizer["type"];
        return type.Text() switch
        {
            "NFC" => true,
            "Sequence" => normalizer["normalizers"].Items().Aggregate(false, (any, part) => ReadNormalizer(part) || any),
            _ => throw type.Unsupported("the normalizer is to be \"NFC\" or absent"),
        };
    }

    static (bool AddPrefixSpace, bool SplitWords) ReadPreTokenizer(TokenizerField preTokenizer)
    {
        const string supported = "the pre-tokenizer is to be \"ByteLevel\" alone";
        if (preTokenizer.IsNull)
            throw preTokenizer.Unsupported(supported);
        var type = preTokenizer["type"];
        if (type.Text() == "Sequence" && preTokenizer["pretokenizers"].Items().ToList() is [var only])
            return ReadPreTokenizer(only);
        if (type.Text() != "ByteLevel")
            throw type.Unsupported(supported);
        return (preTokenizer["add_prefix_space"].Flag(), preTokenizer["use_regex"].Flag(absent: true));
    }

    static void CheckDecoder(TokenizerField decoder)
    {
        if (!decoder.IsNull && decoder["type"] is var type && type.Text() != "ByteLevel")
            throw type.Unsupported("the decoder is to be \"ByteLevel\"");
    }

    static string Quote(string token) => $"\"{TokenizerField.Shorten(token)}\"";

    static bool AddsTokens(TokenizerField processor) => !processor.IsNull && processor["type"].Text() switch
    {
        "ByteLevel" => false,
        "Sequence" => processor["processors"].Items().Any(AddsTokens),
        "TemplateProcessing" => processor["single"].Items().Any(piece => !piece["SpecialToken"].IsNull),
        _ => true,
    };
}
