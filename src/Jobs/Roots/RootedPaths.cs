using HeadScope.Data.Files;

namespace HeadScope.Jobs.Roots;

/// <summary>Files and folders that others may name: those inside configured folders, links followed, and no others.</summary>
/// <param name="what">What they are, for messages.</param>
/// <param name="roots">The folders.</param>
public sealed class RootedPaths(string what, IReadOnlyList<string> roots)
{
    const int LongestName = 1024;

    readonly string[] _roots = [.. roots.Select(Path.GetFullPath)];

    /// <summary>
    /// What a caller names: relative to one of the roots, or absolute inside one. Messages about it use the caller's name.
    /// </summary>
    /// <exception cref="InvalidDataException">
    /// Nothing is there, or it lies elsewhere. The message says no more of what exists outside.
    /// </exception>
    public InputPath Resolve(string named)
    {
        if (_roots.Length == 0)
            throw new InvalidDataException($"'{named}': this server opens no {what}s by path: it was started without a {what} root.");
        if (named.Length is 0 or > LongestName || named.Any(char.IsControl))
        {
            throw new InvalidDataException(
                $"This is no path of a {what}: expected 1 to {LongestName} characters without control characters.");
        }

        var real = RealRoots();
        return Places(named, real).Select(place => InputPath.Within(real, place.Path, named)).FirstOrDefault(path => path.Exists)
            ?? throw new InvalidDataException(
                $"'{named}': there is no such {what} in this server's {what} roots. Name it relative to a root.");
    }

    /// <summary>A path as a job keeps it. Messages name it relative to its root.</summary>
    /// <returns>Null where it lies in none of these roots; whether something is there is another question.</returns>
    public InputPath? Find(string location)
    {
        var real = RealRoots();
        return Places(location, real).Select(place => InputPath.Within(real, place.Path, place.Name)).FirstOrDefault();
    }

    /// <summary>Anew each time: a root may be a link that its owner turns elsewhere, or be mounted late.</summary>
    string[] RealRoots() => [.. _roots.Select(RealPath.OfFolder)];

    /// <summary>Where in each root a name may lie, by its text alone.</summary>
    IEnumerable<(string Path, string Name)> Places(string named, string[] real)
    {
        foreach (var (root, realRoot) in _roots.Zip(real))
        {
            var path = Path.GetFullPath(Path.Combine(realRoot, named));
            if (!RealPath.IsIn(realRoot, path) && RealPath.IsIn(root, path)) // absolute, through the root as it was configured
                path = Path.Combine(realRoot, Path.GetRelativePath(root, path));
            if (RealPath.IsIn(realRoot, path))
                yield return (path, Path.GetRelativePath(realRoot, path));
        }
    }
}
