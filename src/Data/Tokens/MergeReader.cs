using static HeadScope.Data.Tokens.TokenizerField;

namespace HeadScope.Data.Tokens;

/// <summary>Turns merges as files write them, by their tokens' letters, into merges of ids.</summary>
internal static class MergeReader
{
    /// <summary>The merge of two tokens into the one both make together; a fault where the vocabulary lacks any of the three.</summary>
    public static Merge Resolve(Vocabulary vocabulary, string left, string right, Func<string, InvalidDataException> fault)
    {
        return new Merge(IdOf(left), IdOf(right), IdOf(left + right));

        int IdOf(string token) => vocabulary.IdOf(token)
            ?? throw fault($"the merge of \"{Shorten(left)}\" and \"{Shorten(right)}\" needs a token \"{Shorten(token)}\", " +
                "which the vocabulary lacks. The vocabulary and the merges are to come from one tokenizer.");
    }

    /// <summary>The lines of <c>merges.txt</c>: "left right", in order of rank, lines of "#version" passed over.</summary>
    public static List<Merge> ReadLines(TextReader reader, string file, Vocabulary vocabulary)
    {
        var merges = new List<Merge>();
        var number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (line.StartsWith("#version", StringComparison.Ordinal))
                continue;
            if (line.Split(' ') is not [var left, var right])
            {
                var found = line.Length == 0 ? "nothing" : $"\"{Shorten(line)}\"";
                throw Fault($"{found} where two tokens with a space between were expected. {WriteAgain}");
            }

            merges.Add(Resolve(vocabulary, left, right, Fault));
        }

        return merges;

        InvalidDataException Fault(string fault) => new($"{file}: line {number}: {fault}");
    }
}
