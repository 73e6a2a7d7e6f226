using System.Text.RegularExpressions;

namespace HeadScope.ModelCore.Torch.Native;

/// <summary>What the system's loader says of a library that it does not load, as one line that says what to do.</summary>
internal static partial class LoadFault
{
    public static string Explain(string file, string message)
    {
        if (Version().Match(message) is { Success: true } version)
        {
            var (library, lacking) = (version.Groups["library"].Value, version.Groups["version"].Value);
            return $"{Path.GetFileName(file)} needs a newer {library} than this system's, which lacks {lacking}: "
                + $"use Debian 13, Ubuntu 24.04 or later, or put a newer {library} on LD_LIBRARY_PATH";
        }

        if (Absent().Match(message) is { Success: true } absent)
        {
            var library = absent.Groups["library"].Value;
            return $"{Path.GetFileName(file)} needs {library}, which was not found: install it, or put its folder on LD_LIBRARY_PATH";
        }

        // What .NET says comes first, then what the loader said for each place where it looked.
        var lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var reason = lines.LastOrDefault() ?? "the system gives no reason";
        return $"{file} cannot be loaded: {reason}";
    }

    [GeneratedRegex(@"(?<library>lib[\w+]+\.so[.\d]*): version [`'](?<version>[\w.]+)' not found", RegexOptions.CultureInvariant)]
    private static partial Regex Version();

    [GeneratedRegex(@"(?<library>lib[^\s/:]+): cannot open shared object file", RegexOptions.CultureInvariant)]
    private static partial Regex Absent();
}
