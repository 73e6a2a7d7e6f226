using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace HeadScope.Jobs;

/// <summary>
/// How the job's JSON blobs are written: snake_case, indented, in the order of declaration. Read strictly: what a type needs is there, and
/// is not null; no property comes twice; names of values are names, not numbers.
/// </summary>
public static class JobJson
{
    const int LongestFault = 300;

    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { Require } },
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    public static byte[] Write<T>(T value) => [.. JsonSerializer.SerializeToUtf8Bytes(value, Options), (byte)'\n'];

    /// <exception cref="InvalidDataException">The blob is not what it should be.</exception>
    public static T Read<T>(byte[] json, string name)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{name}: {Fault<T>(e)}.", e);
        }
    }

    /// <summary>
    /// What is wrong with JSON that was to be a <typeparamref name="T"/>, in half a sentence. It may quote a little of the JSON, but no
    /// control characters.
    /// </summary>
    internal static string Fault<T>(JsonException e) =>
        $"not the {typeof(T).Name} it should hold " +
        $"({string.Concat(e.Message.Take(LongestFault).Select(c => char.IsControl(c) ? '?' : c)).TrimEnd('.')})";

    /// <summary>
    /// Nullable parameters of constructors are left out where they are null, and those with a default may be; all others are there.
    /// </summary>
    static void Require(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (property.Set is not null && property.AssociatedParameter is { HasDefaultValue: false, IsNullable: false }
                && Nullable.GetUnderlyingType(property.PropertyType) is null)
                property.IsRequired = true;
        }
    }
}
