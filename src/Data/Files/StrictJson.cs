using System.Text.Json;
using System.Text.Unicode;

namespace HeadScope.Data.Files;

/// <summary>
/// JSON from elsewhere, read in one way: it is UTF-8, no object names a key twice, and every text in it can be read. Of two values of one
/// key some programs take the first and others the last, so that a file would mean one thing to whoever checked it and another here.
/// </summary>
public static class StrictJson
{
    /// <summary>Deeper than any file of the kinds that are read here.</summary>
    const int MaxDepth = 64;

    static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };

    /// <exception cref="FormatException">It is something else; the message says what, in half a sentence that quotes a key at
    /// most.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8)
    {
        if (!Utf8.IsValid(utf8.Span))
            throw new FormatException("it has bytes that are not UTF-8");
        try
        {
            CheckTexts(utf8.Span);
            return JsonDocument.Parse(utf8, Options);
        }
        catch (JsonException e)
        {
            throw new FormatException(
                RepeatedKey(utf8.Span) is { } key ? $"it names {Fault.Quote(key)} twice in one object" : Fault.NoJson(e), e);
        }
    }

    /// <summary>Reads all of a stream, whose length its owner bounds.</summary>
    /// <inheritdoc cref="Parse"/>
    public static async Task<JsonDocument> ParseAsync(Stream stream, CancellationToken cancellation)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellation).ConfigureAwait(false);
        return Parse(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
    }

    static void CheckTexts(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (reader.Read())
        {
            if (!reader.ValueIsEscaped)
                continue;
            try
            {
                reader.GetString();
            }
            catch (InvalidOperationException e)
            {
                throw new FormatException(
                    $"the text that starts at byte {reader.TokenStartIndex} has an escape that is half of a surrogate pair", e);
            }
        }
    }

    static string? RepeatedKey(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        var open = new Stack<HashSet<string>>();
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.StartObject)
                    open.Push(new HashSet<string>(StringComparer.Ordinal));
                else if (reader.TokenType == JsonTokenType.EndObject)
                    open.Pop();
                else if (reader.TokenType == JsonTokenType.PropertyName && reader.GetString() is { } key && !open.Peek().Add(key))
                    return key;
            }
        }
        catch (JsonException)
        {
            // What comes before the fault repeats no key.
        }

        return null;
    }
}
