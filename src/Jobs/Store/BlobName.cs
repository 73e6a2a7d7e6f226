using System.Buffers;
using System.Text;

namespace HeadScope.Jobs.Store;

/// <summary>
/// Which names blobs may have: those that mean one thing in every store. A name is parts between forward slashes; none is empty or
/// a dot or two, so that no name leads out of where the store keeps its blobs, and none has what some file system or URL reads otherwise.
/// </summary>
public static class BlobName
{
    const int MostCharacters = 900; // of Azure's 1,024, so that a store may have a prefix

    static readonly SearchValues<char> Unsafe = SearchValues.Create(
        [.. Enumerable.Range(0, char.MaxValue + 1).Select(code => (char)code).Where(char.IsControl), .. "\\\"<>|:*?"]);

    /// <summary>Whether a text is a name: other files may lie where a store keeps its blobs.</summary>
    public static bool Is(string name) => name.Length <= MostCharacters && name.Split('/').All(IsPart);

    /// <summary>The name, if it is one.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static string Check(string name)
    {
        if (name.Length > MostCharacters)
            throw new ArgumentException(
                $"'{name[..40]}...' is not the name of a blob: it has {name.Length} characters, at most {MostCharacters} are possible.",
                nameof(name));
        if (name.Split('/').FirstOrDefault(part => !IsPart(part)) is { } bad)
            throw new ArgumentException(
                $"'{name}' is not the name of a blob: its part '{bad}' is empty, begins with a space, ends in a dot or space, or has a " +
                $"character that not every store can keep.", nameof(name));
        return name;
    }

    /// <remarks>A dot at the end is dropped by Windows and by URLs, a space at either end by Windows.</remarks>
    static bool IsPart(string part) =>
        part.Length > 0 && !part.EnumerateRunes()
            .Contains(Rune.ReplacementChar) && part[^1] is not ('.' or ' ') && part[0] is not ' ' && !part.AsSpan().ContainsAny(Unsafe);

    /// <summary>The start of names, if it can be: empty, or parts of which the last may be incomplete.</summary>
    /// <exception cref="ArgumentException">No name starts so.</exception>
    public static string CheckPrefix(string prefix)
    {
        if (prefix.Length > 0)
            Check($"{prefix}x");
        return prefix;
    }
}
