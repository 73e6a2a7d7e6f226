namespace HeadScope.Silo.Security;

/// <summary>Files and folders that callers may name: those inside configured folders, links followed, and no others.</summary>
public sealed class RootedPaths(string what, IReadOnlyList<string> roots)
{
    const int MostLinks = 40;

    readonly string[] _roots = [.. roots.Select(root => RealPath(Path.GetFullPath(root)) ?? Path.GetFullPath(root))];

    /// <summary>The real path of what a caller names: relative to one of the roots, or absolute inside one.</summary>
    /// <exception cref="InvalidDataException">Nothing there, or it lies elsewhere. The message says no more of what exists outside.</exception>
    public string Resolve(string named)
    {
        if (roots.Count == 0)
            throw new InvalidDataException($"'{named}': this server opens no {what}s by path: it was started without a {what} root.");
        if (named.Length is 0 or > 1024 || named.Any(char.IsControl))
            throw new InvalidDataException($"This is no path of a {what}: expected 1 to 1024 characters without control characters.");
        foreach (var root in _roots)
        {
            if (Within(root, Path.GetFullPath(Path.Combine(root, named))) && RealPath(Path.Combine(root, named)) is { } real && Within(root, real))
                return real;
        }

        throw new InvalidDataException($"'{named}': there is no such {what} in this server's {what} roots. Name it relative to a root.");
    }

    static bool Within(string root, string path) =>
        path.StartsWith(Path.EndsInDirectorySeparator(root) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>A path with all its links followed; null where there is nothing, or links go round.</summary>
    static string? RealPath(string path)
    {
        var rest = new Stack<string>(Path.GetFullPath(path).Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse());
        var real = Path.GetPathRoot(Path.GetFullPath(path))!;
        for (var links = 0; rest.TryPop(out var part);)
        {
            var next = Path.GetFullPath(Path.Combine(real, part));
            FileSystemInfo info = Directory.Exists(next) ? new DirectoryInfo(next) : new FileInfo(next);
            if (info.LinkTarget is { } target)
            {
                if (++links > MostLinks)
                    return null;
                var full = Path.GetFullPath(Path.Combine(real, target));
                foreach (var piece in full.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse())
                    rest.Push(piece);
                real = Path.GetPathRoot(full)!;
                continue;
            }

            if (!info.Exists)
                return null;
            real = next;
        }

        return real;
    }
}
