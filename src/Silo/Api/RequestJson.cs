using System.Text.Json;

namespace HeadScope.Silo.Api;

/// <summary>
/// Reads JSON that callers send. The parser leaves it to whoever asks for a text to find that it is none, such as half of a surrogate pair;
/// here that is found once, for the whole of it.
/// </summary>
internal static class RequestJson
{
    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <exception cref="JsonException">It is not JSON, names a property twice, or has a text that is not Unicode.</exception>
    public static async Task<JsonDocument> ParseAsync(Stream body, CancellationToken cancellation)
    {
        JsonDocument? parsed = null;
        try
        {
            parsed = await JsonDocument.ParseAsync(body, Strict, cancellation).ConfigureAwait(false);
            ReadTexts(parsed.RootElement);
            return parsed;
        }
        catch (InvalidOperationException e)
        {
            parsed?.Dispose();
            throw new JsonException("it has a text that is not Unicode, such as half of a surrogate pair.", e);
        }
    }

    /// <exception cref="InvalidOperationException">One of them is not Unicode.</exception>
    static void ReadTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                    ReadTexts(item);
                break;
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    _ = property.Name;
                    ReadTexts(property.Value);
                }

                break;
        }
    }
}
