using System.Globalization;
using System.Text;

namespace HeadScope.Jobs;

/// <summary>
/// Text from elsewhere on a terminal, where control characters are commands: they could move the cursor, change what stands there, or type
/// for the user. They are shown escaped instead, as <c>\u001b</c>, which JSON on standard output may be too.
/// </summary>
public static class TerminalText
{
    /// <summary>Escapes within one line: ends of lines and tabs too, so that a name cannot pass for a line of its own.</summary>
    public static string Line(string text) => Escape(text, keep: "");

    /// <summary>Standard error as the process found it, for displays that draw.</summary>
    public static TextWriter Drawing { get; } = Console.Error;

    /// <summary>Has everything escaped that this process writes to the console from here on, but for ends of lines and tabs.</summary>
    public static void GuardConsole()
    {
        var error = Drawing;
        Console.SetOut(new Guard(Console.Out));
        Console.SetError(new Guard(error));
    }

    static string Escape(ReadOnlySpan<char> text, string keep)
    {
        var shown = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (IsCommand(c) && !keep.Contains(c, StringComparison.Ordinal))
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                shown.Append(c);
        }

        return shown.ToString();
    }

    /// <summary>C0, DEL and C1; line and paragraph separators; what turns the direction of the text around it.</summary>
    static bool IsCommand(char c) =>
        char.IsControl(c) || c is '\u2028' or '\u2029'
        || c is '\u061c' or '\u200e' or '\u200f' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    sealed class Guard(TextWriter inner) : TextWriter(CultureInfo.InvariantCulture)
    {
        static readonly string Kept = $"\t\n{Environment.NewLine}";

        public override Encoding Encoding => inner.Encoding;

        public override void Write(char value) => inner.Write(Escape([value], Kept));

        public override void Write(char[] buffer, int index, int count) => inner.Write(Escape(buffer.AsSpan(index, count), Kept));

        public override void Write(ReadOnlySpan<char> buffer) => inner.Write(Escape(buffer, Kept));

        public override void Write(string? value) => inner.Write(Escape(value, Kept));

        public override void WriteLine(string? value) => inner.WriteLine(Escape(value, Kept));

        public override void Flush() => inner.Flush();
    }
}
