using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using HeadScope.Data.Files;

namespace HeadScope.Data.Text;

/// <summary>Reads one text out of a JSON object.</summary>
/// <remarks>
/// As strict as Python's json, and then as its tokenizers: bytes that are not UTF-8 are an error, and so is an escape for half a
/// surrogate pair (<c>\ud800</c>), which Python reads and no tokenizer takes. Of a field that occurs twice the last counts.
/// </remarks>
internal static class JsonField
{
    const string Remedy = "Write the file again as JSON lines, one object a line.";
    const int MaxDepth = 1000;
    const int MaxNames = 20;

    /// <param name="record">A JSON object, and nothing else.</param>
    /// <param name="field">The name of the field: one of the object itself.</param>
    /// <param name="file">For error messages, as <paramref name="where"/> is.</param>
    /// <exception cref="InvalidDataException">The record is no object, or the field is not there, or no text.</exception>
    public static string Read(ReadOnlySpan<byte> record, string field, string file, string where)
    {
        if (!Utf8.IsValid(record))
            throw Fault.At(file, where, "bytes that are not UTF-8", "UTF-8", "Write the text again with replacement of invalid bytes.");
        JsonTokenType? found = null;
        string? text = null;
        try
        {
            var reader = new Utf8JsonReader(record, new JsonReaderOptions { MaxDepth = MaxDepth });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                throw Fault.At(file, where, Name(reader.TokenType), "an object", Remedy);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isField = reader.ValueTextEquals(field);
                reader.Read();
                if (isField)
                {
                    found = reader.TokenType;
                    text = found == JsonTokenType.String ? reader.GetString() : null;
                }

                reader.Skip();
            }

            reader.Read(); // nothing may follow
        }
        catch (JsonException fault)
        {
            throw Fault.At(file, where, $"no JSON from byte {fault.BytePositionInLine} on", "an object", Remedy);
        }
        catch (InvalidOperationException)
        {
            // The only cause left, as the bytes are UTF-8.
            throw Fault.At(
                file, where, "an escape for half a surrogate pair (\\ud800 to \\udfff)", "whole characters",
                "Replace it where the file is made: text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace').");
        }

        if (found is null)
            throw Fault.At(file, where, $"the fields {Names(record)}", $"a field {Fault.Quote(field)}", "Name another field.");
        return text ?? throw Fault.At(
            file, where, $"{Name(found.Value)} in the field {Fault.Quote(field)}", "text",
            "Name another field, or leave such documents out.");
    }

    static string Names(ReadOnlySpan<byte> record)
    {
        var names = new List<string>();
        var reader = new Utf8JsonReader(record, new JsonReaderOptions { MaxDepth = MaxDepth });
        for (reader.Read(); reader.Read() && reader.TokenType == JsonTokenType.PropertyName && names.Count < MaxNames; reader.Skip())
        {
            names.Add(Fault.Quote(Encoding.UTF8.GetString(reader.ValueSpan)));
            reader.Read();
        }

        return names.Count == 0 ? "(none)" : string.Join(", ", names);
    }

    static string Name(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.Null => "null",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.Number => "a number",
        _ => "a text",
    };
}
