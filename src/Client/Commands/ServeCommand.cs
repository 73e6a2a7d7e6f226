using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace HeadScope.Client.Commands;

/// <summary>headscope serve: the server, which is a program of its own.</summary>
internal static class ServeCommand
{
    const string Silo = "headscope-silo";
    const int Terminate = 15; // SIGTERM

    public static Command Create()
    {
        var command = new Command("serve", $"""
            Serve jobs over HTTP and work on them: starts {Silo}, which lies beside this program or on the PATH, with all options as given.

            '{Silo} --help' lists them; '{Silo} keys' makes API keys.

            Example:
              headscope serve --store /data/headscope --models /data/models --tokens /data/tokens
            """)
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.UnmatchedTokens, cancellation));
        return command;
    }

    static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        using var server = Start(arguments);

        // A terminal's Ctrl-C reaches the server by itself, and being told twice does no harm; other signals come to this process only.
        using var passing = cancellation.Register(() =>
        {
            if (!OperatingSystem.IsWindows() && !server.HasExited)
                _ = Kill(server.Id, Terminate);
        });
        await server.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        return server.ExitCode;
    }

    static Process Start(IReadOnlyList<string> arguments)
    {
        var beside = Path.Combine(AppContext.BaseDirectory, Silo);
        var program = beside + (OperatingSystem.IsWindows() ? ".exe" : "");
        var runtime = Environment.ProcessPath ?? "";

        // Where this program was started as 'dotnet headscope.dll', so is the server.
        var start = Path.GetFileNameWithoutExtension(runtime) == "dotnet" && File.Exists($"{beside}.dll")
            ? new ProcessStartInfo(runtime, [$"{beside}.dll", .. arguments])
            : new ProcessStartInfo(File.Exists(program) ? program : Silo, arguments);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidDataException(
                $"{start.FileName} does not start: {e.Message}. {Silo} is expected in {AppContext.BaseDirectory} or on the PATH: 'dotnet " +
                $"publish -c Release src/Silo -o bin' puts it there.", e);
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    static extern int Kill(int process, int signal);
}
