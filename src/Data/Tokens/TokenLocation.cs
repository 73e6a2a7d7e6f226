using System.Text.Json;
using System.Text.Json.Serialization;

namespace HeadScope.Data.Tokens;

/// <summary>A token file as people name it: <c>FILE.safetensors</c>, <c>FILE.safetensors:TENSOR</c> or <c>FILE.npy</c>.</summary>
/// <param name="Path">The file alone.</param>
/// <param name="Tensor">Null where none is named.</param>
[JsonConverter(typeof(AsText))]
public sealed record TokenLocation(string Path, string? Tensor = null)
{
    const string Ending = ".safetensors";

    /// <summary>
    /// Splits what was named. A tensor stands behind the colon that follows <c>.safetensors</c>, the last one where there are several; any
    /// other colon belongs to the file's name. No file is looked at.
    /// </summary>
    public static TokenLocation Parse(string named)
    {
        var end = named.LastIndexOf($"{Ending}:", StringComparison.OrdinalIgnoreCase);
        return end < 0 ? new TokenLocation(named) : new TokenLocation(named[..(end + Ending.Length)], named[(end + Ending.Length + 1)..]);
    }

    /// <summary>As it is named: <see cref="Parse"/> of it gives the same again.</summary>
    public override string ToString() => Tensor is null ? Path : $"{Path}:{Tensor}";

    sealed class AsText : JsonConverter<TokenLocation>
    {
        public override TokenLocation Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String
                ? Parse(reader.GetString()!)
                : throw new JsonException("a token file is named by a string");

        public override void Write(Utf8JsonWriter writer, TokenLocation value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
