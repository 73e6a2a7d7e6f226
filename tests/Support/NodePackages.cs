using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace HeadScope.Tests.Support;

/// <summary>
/// Npm packages that serve as independent peers of our own code. Each set of pinned versions is installed once a machine, into
/// a folder under the temporary path; a test that needs it is skipped, with the reason, where Node, npm or the registry is missing.
/// </summary>
internal static class NodePackages
{
    static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(3);
    static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(2);
    static readonly ConcurrentDictionary<string, Lazy<(string? Folder, string Reason)>> Installed = new();

    /// <summary>Runs a script of this folder with Node and returns what it prints.</summary>
    /// <param name="script">A file name. The script finds the packages under the folder that is its first argument.</param>
    /// <param name="packages">As npm writes them, with exact versions: <c>name@1.2.3</c>.</param>
    /// <param name="arguments">The script's arguments from the second on.</param>
    public static string Run(string script, string[] packages, params string[] arguments)
    {
        var folder = Require(packages);
        var path = Path.Combine(AppContext.BaseDirectory, "Support", script);
        var (code, output, error) = Start("node", RunLimit, folder, [path, folder, .. arguments]);
        Assert.True(code == 0, $"{script} ended with {code}: {error}");
        return output;
    }

    /// <summary>The folder whose <c>node_modules</c> holds the packages. Skips the test where it cannot be had.</summary>
    public static string Require(params string[] packages)
    {
        var key = string.Join(' ', packages.Order(StringComparer.Ordinal));
        var (folder, reason) = Installed.GetOrAdd(key, _ => new(() => Install(key, packages))).Value;
        Skip.If(folder is null, reason);
        return folder!;
    }

    static (string? Folder, string Reason) Install(string key, string[] packages)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..16];
        var folder = Path.Combine(Path.GetTempPath(), $"headscope-npm-{hash}");
        if (Directory.Exists(folder))
            return (folder, "");

        // Processes that race install side by side; the first to rename its folder wins, and a reader never sees half of one.
        var draft = $"{folder}.{Guid.NewGuid():N}";
        Directory.CreateDirectory(draft);
        try
        {
            File.WriteAllText(Path.Combine(draft, "package.json"), """{ "private": true }""");
            var (code, _, error) = Start(
                OperatingSystem.IsWindows() ? "npm.cmd" : "npm", InstallLimit, draft,
                ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact", "--fetch-retries=1", .. packages]);
            if (code != 0)
                return (null, $"npm could not install {key}: {error.Trim()}");
            Directory.Move(draft, folder);
            return (folder, "");
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            return (folder, "");
        }
        catch (Exception fault) when (fault is Win32Exception or IOException or TimeoutException)
        {
            return (null, $"npm could not install {key}: {fault.Message}");
        }
        finally
        {
            if (Directory.Exists(draft))
                Directory.Delete(draft, recursive: true);
        }
    }

    static (int Code, string Output, string Error) Start(string program, TimeSpan limit, string folder, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        using var process = Process.Start(start) ?? throw new IOException($"{program} did not start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {arguments[0]} took longer than {limit}.");
        }

        return (process.ExitCode, output.Result, error.Result);
    }
}
