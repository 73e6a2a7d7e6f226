using System.Security.Cryptography;
using HeadScope.Data.Files;
using HeadScope.Data.Tokens;
using HeadScope.ModelCore.Model;

namespace HeadScope.Jobs.Specs;

/// <summary>Rows [BOS, r, r] on which induction shows: random tokens, then the same again.</summary>
public static class InductionRows
{
    /// <summary>As in seed notebook 002.</summary>
    public const int DefaultRows = 16;

    const int LongestRepeat = 200;
    const int FirstToken = 1000;
    const int EndToken = 10000;

    /// <summary>Random rows, the same for the same seed, model shape and tokenizer.</summary>
    /// <param name="tokenizer">Where it is known, tokens whose text has two spaces in a row are left out, as in the notebook.</param>
    /// <exception cref="InvalidDataException">The model's context or vocabulary is too small.</exception>
    public static int[][] Random(ModelConfig config, long seed, Tokenizer? tokenizer)
    {
        var repeat = Math.Min(LongestRepeat, (config.NCtx - 1) / 2);
        if (repeat < 1)
            throw new InvalidDataException(
                $"A context of {config.NCtx} is too short to measure induction. Leave the columns of the weights out (--skip-heads).");

        // The notebook's range of common tokens; of a small vocabulary, its later seven eighths.
        var first = Math.Min(FirstToken, config.DVocab / 8);
        var candidates = Enumerable.Range(first, Math.Min(EndToken, config.DVocab) - first)
            .Where(token => tokenizer is null || !IsSpaces(token)).ToArray();
        if (candidates.Length == 0)
            throw new InvalidDataException($"A vocabulary of {config.DVocab} leaves no tokens to measure induction with.");
        var state = (ulong)seed;
        return [.. Enumerable.Range(0, DefaultRows).Select(_ =>
        {
            var random = Enumerable.Range(0, repeat).Select(_ => candidates[(int)(Next(ref state) % (ulong)candidates.Length)]).ToArray();
            return (int[])[config.BosToken ?? tokenizer?.BosId ?? 0, .. random, .. random];
        })];

        // A vocabulary may be padded beyond the tokenizer's.
        bool IsSpaces(int token) => token >= tokenizer.VocabularySize || tokenizer.TokenText(token)
            .Contains("  ", StringComparison.Ordinal);
    }

    /// <summary>All rows of a token file.</summary>
    /// <exception cref="InvalidDataException">The rows are not [BOS, r, r], too long, or not in the vocabulary.</exception>
    public static int[][] Read(InputPath file, string? tensor, ModelConfig config)
    {
        using var tokens = TokenDataset.Open(file, tensor);
        if (tokens.Context > config.NCtx || tokens.Context % 2 == 0 || tokens.Context < 3)
            throw new InvalidDataException(
                $"{tokens.Name}: induction rows are [BOS, r, r], an odd number of tokens from 3 to {config.NCtx}; these have " +
                $"{tokens.Context}.");
        tokens.Hash(tokens.Rows, config.DVocab);
        var rows = Enumerable.Range(0, tokens.Rows).Select(row =>
        {
            var values = new int[tokens.Context];
            tokens.Read(row, values);
            return values;
        }).ToArray();
        var repeat = (tokens.Context - 1) / 2;
        foreach (var (index, row) in rows.Index())
        {
            if (!row.AsSpan(1, repeat).SequenceEqual(row.AsSpan(1 + repeat)))
                throw new InvalidDataException(
                    $"{tokens.Name}: row {index} does not repeat its tokens: expected [BOS, r, r] with r of {repeat}.");
        }

        return rows;
    }

    public static string Hash(int[][] rows) =>
        Convert.ToHexStringLower(SHA256.HashData(
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(rows.SelectMany(row => row.Prepend(row.Length)).ToArray().AsSpan())));

    /// <summary>SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).</summary>
    static ulong Next(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
