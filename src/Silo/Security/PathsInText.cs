using System.Text.RegularExpressions;

namespace HeadScope.Silo.Security;

/// <summary>Where files lie on a machine is not for callers to know, whichever process, library or system wrote a message.</summary>
internal static partial class PathsInText
{
    /// <summary>The text with every absolute path cut down to its last part.</summary>
    public static string Hide(string text) => Absolute().Replace(Quoted().Replace(text, "$1.../$2$1"), ".../$1");

    /// <summary>In quotes a path may hold spaces.</summary>
    [GeneratedRegex("""(['"])(?:[A-Za-z]:)?[/\\](?:[^'"\n]*?[/\\])?([^/\\'"\n]*)\1""")]
    private static partial Regex Quoted();

    /// <summary>A path begins where no word, path or address goes on.</summary>
    [GeneratedRegex("""(?<![\w.:/\\~%-])(?:[A-Za-z]:)?(?:[/\\][^\s/\\'"`:;,()<>|*?]+)*[/\\]([^\s/\\'"`:;,()<>|*?]+)""")]
    private static partial Regex Absolute();
}
