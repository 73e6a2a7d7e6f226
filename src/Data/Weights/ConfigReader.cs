using System.Text.Json;

namespace HeadScope.Data.Weights;

/// <summary>The fields of a model's <c>config.json</c>, with messages that say which is missing or absurd.</summary>
/// <param name="defaults">What absent fields are taken to be; a field that is null is not absent.</param>
public sealed class ConfigReader(JsonElement root, string location, JsonElement? defaults = null)
{
    /// <summary>Whether a field is there and not null.</summary>
    public bool Has(string field) => TryGet(field, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>The same fields, with those of a JSON object in the place of absent ones.</summary>
    public ConfigReader WithDefaults(string fields) => new(root, location, JsonDocument.Parse(fields).RootElement);

    /// <summary>A size: a whole number from 1 to 2^24.</summary>
    public int Size(string field) => Size(field, null);

    public int Size(string field, int? otherwise)
    {
        if (!Has(field))
            return otherwise ?? throw Missing(field);
        var value = Get(field);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var size) && size is > 0 and <= 1 << 24
            ? size
            : throw Fault(field, "a whole number from 1 to 16777216");
    }

    /// <summary>A token id, or null where the field is absent. Of a list, the first.</summary>
    public int? Token(string field)
    {
        if (!Has(field))
            return null;
        var value = Get(field);
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0)
            value = value[0];
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var id) && id >= 0 ? id : throw Fault(field, "a token id");
    }

    public double Number(string field) => Number(field, null);

    public double Number(string field, double? otherwise)
    {
        if (!Has(field))
            return otherwise ?? throw Missing(field);
        var value = Get(field);
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : throw Fault(field, "a number");
    }

    /// <summary>What frequencies fall by from one feature of a head to the last: below 1 they would grow, and at 0 be none.</summary>
    public double RotaryBase(string field, double otherwise = 10000)
    {
        var number = Number(field, otherwise);
        Require(number >= 1, field, "a number from 1 up");
        return number;
    }

    public bool Flag(string field, bool otherwise)
    {
        if (!Has(field))
            return otherwise;
        var value = Get(field);
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Fault(field, "true or false");
    }

    public string? Text(string field)
    {
        if (!Has(field))
            return null;
        var value = Get(field);
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Fault(field, "a string");
    }

    /// <summary>A list of strings, or null where the field is absent.</summary>
    public IReadOnlyList<string>? Texts(string field)
    {
        if (!Has(field))
            return null;
        var value = Get(field);
        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!)]
            : throw Fault(field, "a list of strings");
    }

    /// <summary>A list of numbers.</summary>
    public IReadOnlyList<double> Numbers(string field)
    {
        if (!Has(field))
            throw Missing(field);
        var value = Get(field);
        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number)
            ? [.. value.EnumerateArray().Select(item => item.GetDouble())]
            : throw Fault(field, "a list of numbers");
    }

    /// <summary>The first of the model's <c>architectures</c>, or null.</summary>
    public string? Architecture => Texts("architectures")?.FirstOrDefault();

    /// <summary>An object inside this one, or null where the field is absent.</summary>
    public ConfigReader? Section(string field)
    {
        if (!Has(field))
            return null;
        var value = Get(field);
        return value.ValueKind == JsonValueKind.Object ? new ConfigReader(value, $"{location}, {field}") : throw Fault(field, "an object");
    }

    /// <summary>The exception that says what a field is and what it should be.</summary>
    public InvalidDataException Fault(string field, string expected) =>
        new($"{location}: '{field}' is {(root.TryGetProperty(field, out var value) ? Files.Fault.Shorten(value.GetRawText()) : "absent")}, where {expected} belongs.");

    /// <exception cref="InvalidDataException">The configuration asks for what is not supported.</exception>
    public void Require(bool supported, string field, string expected)
    {
        if (!supported)
            throw Fault(field, expected);
    }

    JsonElement Get(string field) => TryGet(field, out var value) ? value : throw Missing(field);

    bool TryGet(string field, out JsonElement value) =>
        root.TryGetProperty(field, out value) || (defaults is { } others && others.TryGetProperty(field, out value));

    InvalidDataException Missing(string field) => new($"{location}: the field '{field}' is missing.");
}
