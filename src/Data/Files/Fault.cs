using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HeadScope.Data.Files;

/// <summary>The one exception that a bad file causes: what was found, where, what was expected, and the way out.</summary>
internal static class Fault
{
    public const string Damaged = "The file is damaged or incomplete: download or copy it again.";

    const int MaxQuoted = 80;

    public static InvalidDataException At(string file, string where, string found, string expected, string remedy) =>
        new($"{file}, {where}: found {found}; expected {expected}. {remedy}");

    /// <summary>Where a text stops being JSON. The parser's own words show what it found there, which may be nobody's business.</summary>
    public static string NoJson(Exception cause) => cause is JsonException { LineNumber: { } line, BytePositionInLine: { } position }
        ? string.Create(CultureInfo.InvariantCulture, $"it is not JSON from line {line + 1}, byte {position + 1} on")
        : "it is not JSON of text that can be read";

    /// <summary>Text from a file, made fit to print: short, and without what could move a terminal's cursor or turn its text.</summary>
    public static string Quote(string text, int longest = MaxQuoted) =>
        text.Length > longest ? $"'{Shorten(text, longest)}' ({text.Length} characters)" : $"'{Shorten(text, longest)}'";

    /// <summary>The same without quotes.</summary>
    public static string Shorten(string text, int longest = MaxQuoted)
    {
        var shown = new StringBuilder();
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, longest)))
            shown.Append(char.GetUnicodeCategory(c) is >= UnicodeCategory.LineSeparator and <= UnicodeCategory.PrivateUse ? '?' : c);
        return shown.Append(text.Length > longest ? "..." : "").ToString();
    }
}
