using System.Text;

namespace HeadScope.Data.Hub;

/// <summary>Names that come from a hub, as places on this machine: never outside the folder they belong to.</summary>
internal static class RepositoryPath
{
    const int LongestPart = 255; // bytes; what file systems allow

    /// <summary>Where a file of this name belongs under a folder.</summary>
    /// <exception cref="HubException">The name leads elsewhere, or cannot be a file's.</exception>
    public static string Under(string folder, string name) => IsSafe(name)
        ? Path.Combine([folder, .. name.Split('/')])
        : throw new HubException(HubFault.Refused, $"'{Printable(name)}' is not the name of a file inside a repository: nothing is " +
            $"written under it. Do not trust the repository or hub that lists it.");

    public static bool IsSafe(string name) => name.Split('/').All(part =>
        part is not ("" or "." or "..") && Encoding.UTF8.GetByteCount(part) <= LongestPart && !part.Any(char.IsControl)
        && !part.Contains('\\') && (!OperatingSystem.IsWindows() || part.IndexOfAny(Path.GetInvalidFileNameChars()) < 0));

    /// <summary>Text from elsewhere, fit for a message: short, on one line.</summary>
    public static string Printable(string text, int most = 200) =>
        string.Concat(text.Take(most).Select(character => char.IsControl(character) ? '?' : character)) + (text.Length > most ? "..." : "");
}
