using System.Text;
using System.Text.Json.Nodes;
using HeadScope.Data.Tokens.Concatenation;

namespace HeadScope.Data.Tests.Tokens.Concatenation;

/// <summary>
/// tokenize_and_concatenate said once more and plainly, as each of its generations has it, with every text in memory, over the Hugging
/// Face tokenizers library.
/// </summary>
internal sealed class ConcatenationPeer(string definition, IReadOnlyList<string> documents)
{
    const string EndOfText = "<|endoftext|>";
    const int BatchSize = 1000;
    const int Chunks = 20;

    readonly Dictionary<string, (TokenizerPeer Tokenizer, int PadId, bool HasPad)> _loaded = [];
    readonly int _endOfText = IdOf(JsonNode.Parse(definition)!, EndOfText) ?? throw new ArgumentException(
        $"The definition has no {EndOfText}.");

    /// <summary>The tokens of the rows, row after row. Skips the test where the library has no build for the platform.</summary>
    public int[] Rows(ConcatenationOptions options)
    {
        if (!_loaded.TryGetValue(options.Padding, out var loaded))
            _loaded[options.Padding] = loaded = Load(definition, options.Padding);
        var (tokenizer, padId, hasPad) = loaded;
        var profile = options.Profile.Name;
        var perRow = options.AddBos ? options.Context - 1 : options.Context;
        var rows = new List<int>();
        foreach (var texts in Batches(options.Processes))
        {
            List<int> tokens = [];
            if (profile == "transformer-lens-3.1")
            {
                for (var i = 0; i < texts.Count; i++)
                    tokens.AddRange([.. i > 0 ? [_endOfText] : Array.Empty<int>(), .. tokenizer.Encode(texts[i])]);
            }
            else
            {
                Rune[] characters = [.. string.Join(EndOfText, texts).EnumerateRunes()];
                if (profile != "transformer-lens-1" && characters.All(IsSpace))
                    continue;
                foreach (var chunk in Cut(characters, atSpaces: profile == "transformer-lens-2.18"))
                    tokens.AddRange(tokenizer.Encode(chunk).Where(id => id != padId));
            }

            var filling = profile == "transformer-lens-2.8" || hasPad ? padId : _endOfText;
            while (tokens.Count < perRow && profile != "transformer-lens-1")
                tokens.Add(filling);
            foreach (var row in tokens.Chunk(perRow).Where(row => row.Length == perRow))
                rows.AddRange([.. options.AddBos ? [_endOfText] : Array.Empty<int>(), .. row]);
        }

        return [.. rows];
    }

    /// <summary>The documents of each process, in its batches: the first processes have one more where they do not come out even.</summary>
    IEnumerable<IReadOnlyList<string>> Batches(int processes)
    {
        var shards = Math.Min(processes, documents.Count);
        var (each, more) = Math.DivRem(documents.Count, shards);
        for (var shard = 0; shard < shards; shard++)
        {
            var start = each * shard + Math.Min(shard, more);
            foreach (var batch in documents.Skip(start).Take(each + (shard < more ? 1 : 0)).Chunk(BatchSize))
                yield return batch;
        }
    }

    static IEnumerable<string> Cut(Rune[] characters, bool atSpaces)
    {
        var length = characters.Length == 0 ? 0 : (characters.Length - 1) / Chunks + 1;
        for (var (i, start) = (0, 0); i < Chunks; i++)
        {
            var end = Math.Min(start + length, characters.Length);
            var boundary = Math.Min(end + length / 10, characters.Length);
            while (atSpaces && end < boundary && !IsSpace(characters[end]))
                end++;
            yield return string.Concat(characters[start..end]);
            start = end;
        }
    }

    /// <summary>Python's str.isspace.</summary>
    static bool IsSpace(Rune character) => character.Value is
        (>= 0x09 and <= 0x0D) or (>= 0x1C and <= 0x20) or 0x85 or 0xA0 or 0x1680 or (>= 0x2000 and <= 0x200A) or 0x2028 or 0x2029 or 0x202F
            or 0x205F or 0x3000;

    /// <summary>The tokenizer with a padding token, which is added to it where it has none of that text.</summary>
    static (TokenizerPeer Tokenizer, int PadId, bool HasPad) Load(string definition, string padding)
    {
        var root = JsonNode.Parse(definition)!;
        if (IdOf(root, padding) is { } known)
            return (new TokenizerPeer(definition), known, true);
        var added = root["added_tokens"]!.AsArray();
        var next = 1 + added.Select(token => (int)token!["id"]!)
            .Concat(root["model"]!["vocab"]!.AsObject().Select(token => (int)token.Value!)).Max();
        added.Add(TokenizerSamples.Added(next, padding));
        return (new TokenizerPeer(root.ToJsonString()), next, false);
    }

    static int? IdOf(JsonNode root, string content) =>
        (int?)(root["added_tokens"]!.AsArray().FirstOrDefault(
            token => (string)token!["content"]! == content)?["id"] ?? root["model"]!["vocab"]!.AsObject()[content]);
}
