using HeadScope.Data.Files;

namespace HeadScope.Data.Tokens.Concatenation;

/// <summary>The token that fills up short texts, and the tokenizer that knows it.</summary>
internal sealed class Padding
{
    /// <param name="tokenizer">As it was loaded.</param>
    /// <param name="content">The token's text: one of the tokenizer's added tokens, or
    /// <see cref="ConcatenationOptions.AddedPadding"/>.</param>
    /// <exception cref="ArgumentException">The tokenizer has no such token.</exception>
    public Padding(Tokenizer tokenizer, string content)
    {
        IsNative = tokenizer.AddedTokens.FirstOrDefault(token => token.Content == content) is not null;
        if (!IsNative && content != ConcatenationOptions.AddedPadding)
        {
            throw new ArgumentException(
                $"The tokenizer has no added token '{content}' to pad with. It has " +
                $"{Listing.Of(tokenizer.AddedTokens.Select(token => token.Content))}; " +
                $"'{ConcatenationOptions.AddedPadding}' would be added to them.",
                nameof(content));
        }

        Tokenizer = IsNative ? tokenizer : tokenizer.WithSpecialToken(content);
        Id = Tokenizer.AddedTokens.First(token => token.Content == content).Id;
    }

    /// <summary>The tokenizer, with this token.</summary>
    public Tokenizer Tokenizer { get; }

    public int Id { get; }

    /// <summary>The tokenizer came with it.</summary>
    public bool IsNative { get; }
}
