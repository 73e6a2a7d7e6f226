namespace HeadScope.Data.Files;

/// <summary>Paths with all links followed.</summary>
public static class RealPath
{
    const int MostLinks = 40;

    /// <summary>The real path of a folder; where there is none yet, its full path.</summary>
    public static string OfFolder(string path)
    {
        using var held = HeldPath.TryHold(path, out _);
        return held?.Real ?? Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
    }

    /// <summary>Whether a path lies in a folder. Both are full paths; no link is followed.</summary>
    public static bool IsIn(string folder, string path) =>
        path.StartsWith(Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>Follows links one by one, as the system does. Null where there is nothing, or links go round.</summary>
    internal static string? Of(string path)
    {
        var full = Path.GetFullPath(path);
        var real = Path.GetPathRoot(full)!;
        var rest = new Stack<string>(Parts(full));
        for (var links = 0; rest.TryPop(out var part);)
        {
            if (part is "." or "..")
            {
                real = part == ".." ? Path.GetDirectoryName(real) ?? real : real;
                continue;
            }

            var next = Path.Combine(real, part);
            FileSystemInfo info = Directory.Exists(next) ? new DirectoryInfo(next) : new FileInfo(next);
            if (info.LinkTarget is { } target)
            {
                if (++links > MostLinks)
                    return null;
                real = Path.IsPathRooted(target) ? Path.GetPathRoot(target)! : real;
                foreach (var piece in Parts(target))
                    rest.Push(piece);
                continue;
            }

            if (!info.Exists)
                return null;
            real = next;
        }

        return real;

        static IEnumerable<string> Parts(string path) => path[(Path.GetPathRoot(path)?.Length ?? 0)..]
            .Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries).Reverse();
    }
}
