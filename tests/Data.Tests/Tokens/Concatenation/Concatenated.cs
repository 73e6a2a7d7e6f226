using HeadScope.Data.Tokens;
using HeadScope.Data.Tokens.Concatenation;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Tokens.Concatenation;

/// <summary>Token rows, made and read back.</summary>
internal static class Concatenated
{
    /// <summary>The rows' tokens, row after row; none where the text does not fill a row.</summary>
    public static int[] Rows(Tokenizer tokenizer, ConcatenationOptions options, IEnumerable<string> documents, TemporaryFolder folder)
    {
        var path = folder.File("rows.safetensors");
        try
        {
            new TokenDatasetBuilder(tokenizer, options).Build(documents, path);
        }
        catch (InvalidDataException fault) when (fault.Message.Contains("does not fill one row", StringComparison.Ordinal))
        {
            return [];
        }

        using var dataset = TokenDataset.Open(new TokenLocation(path));
        Assert.Equal(options.Context, dataset.Context);
        var tokens = new int[dataset.Rows * dataset.Context];
        dataset.Read(0, tokens);
        return tokens;
    }
}
