using System.Text.RegularExpressions;

namespace HeadScope.Architecture.Tests;

/// <summary>A C# file of a project in src, by what it declares and names. Texts and comments are left out.</summary>
internal sealed partial class SourceFile
{
    readonly HashSet<string> _words;

    SourceFile(string path, string project, string folder, string code)
    {
        (Path, Project, Folder, Code) = (path, project, folder, code);
        Imports = [.. Import().Matches(code).Select(match => match.Groups[1].Value)];
        Declares = [.. Declaration().Matches(code).Select(match => match.Groups[1].Value)];
        _words = [.. Word().Matches(code).Select(match => match.Value)];
    }

    /// <summary>Relative to src.</summary>
    public string Path { get; }

    public string Project { get; }

    /// <summary>The folder in the project, with dots, as in its namespace; empty for the project's own.</summary>
    public string Folder { get; }

    /// <summary>The outermost folder: those in it are one with it.</summary>
    public string Room => Folder.Split('.')[0];

    public string Code { get; }

    /// <summary>The namespaces that it imports. The build refuses those of which it uses nothing.</summary>
    public IReadOnlyList<string> Imports { get; }

    /// <summary>The types that it declares.</summary>
    public IReadOnlyList<string> Declares { get; }

    public string Namespace => Folder.Length == 0 ? $"HeadScope.{Project}" : $"HeadScope.{Project}.{Folder}";

    public bool Names(string word) => _words.Contains(word);

    public static IReadOnlyList<SourceFile> All(string src) =>
    [
        .. Directory.EnumerateFiles(src, "*.cs", SearchOption.AllDirectories)
            .Select(path => System.IO.Path.GetRelativePath(src, path).Replace('\\', '/'))
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(path => Read(src, path)),
    ];

    static SourceFile Read(string src, string path)
    {
        var parts = path.Split('/');
        var code = NotCode().Replace(File.ReadAllText(System.IO.Path.Combine(src, path)), " ");
        return new SourceFile(path, parts[0], string.Join('.', parts[1..^1]), code);
    }

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/|"""""".*?""""""|""(?:[^""\\\n]|\\.)*""|'(?:[^'\\\n]|\\.)+'", RegexOptions.Singleline)]
    private static partial Regex NotCode();

    [GeneratedRegex(@"^\s*(?:global\s+)?using\s+(?:static\s+)?(?:\w+\s*=\s*)?(HeadScope[\w.]*)\s*;", RegexOptions.Multiline)]
    private static partial Regex Import();

    [GeneratedRegex(@"\b(?:class|struct|interface|enum|record(?:\s+(?:class|struct))?|delegate\s+[\w<>\[\]?, ]+?)\s+([A-Z]\w*)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\b[A-Za-z_]\w*\b")]
    private static partial Regex Word();
}
