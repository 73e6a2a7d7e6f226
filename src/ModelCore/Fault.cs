using System.Globalization;
using System.Text;

namespace HeadScope.ModelCore;

/// <summary>The one exception that a bad file causes: what was found, where, what was expected, and the way out.</summary>
internal static class Fault
{
    public const string Damaged = "The file is damaged or incomplete: download or copy it again.";

    const int MaxQuoted = 80;

    public static InvalidDataException At(string file, string where, string found, string expected, string remedy) =>
        new($"{file}, {where}: found {found}; expected {expected}. {remedy}");

    /// <summary>Text from a file, made fit to print: short, and without what could move a terminal's cursor or turn its text.</summary>
    public static string Quote(string text, int longest = MaxQuoted)
    {
        var quoted = new StringBuilder("'");
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, longest)))
            quoted.Append(char.GetUnicodeCategory(c) is >= UnicodeCategory.LineSeparator and <= UnicodeCategory.PrivateUse ? '?' : c);
        return quoted.Append(text.Length > longest ? $"...' ({text.Length} characters)" : "'").ToString();
    }
}
