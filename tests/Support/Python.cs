using System.ComponentModel;
using System.Diagnostics;

namespace HeadScope.Tests.Support;

/// <summary>Python as an independent peer. A test that needs it is skipped, with the reason, where Python or a module is missing.</summary>
internal static class Python
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Debian's own, whose modules are Debian packages, before any other.</summary>
    static readonly string Program = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

    /// <summary>Runs a script that imports a module and returns what it prints.</summary>
    public static string Run(string module, string script)
    {
        Skip.If(Start($"import {module}") is not { Code: 0 }, $"{Program} with {module} is not installed.");
        var (code, output, error) = Start(script)!.Value;
        Assert.True(code == 0, error);
        return output;
    }

    static (int Code, string Output, string Error)? Start(string script)
    {
        var start = new ProcessStartInfo(Program, ["-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            process.StandardInput.Write(script);
            process.StandardInput.Close();
            if (!process.WaitForExit(Limit))
            {
                process.Kill(entireProcessTree: true);
                throw new TimeoutException($"{Program} took longer than {Limit}.");
            }

            return (process.ExitCode, output.Result, error.Result);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
