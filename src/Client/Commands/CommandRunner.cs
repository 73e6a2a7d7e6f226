using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using HeadScope.Client.Output;
using HeadScope.Jobs;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store.AzureStorage;

namespace HeadScope.Client.Commands;

/// <summary>Runs a command line and turns whatever goes wrong into one message and the right exit code.</summary>
public static class CommandRunner
{
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                Console.Error.WriteLine($"headscope: {AzureLocation.WithoutSignatures(error.Message)}");
            Console.Error.WriteLine($"See 'headscope {string.Join(' ', CommandPath(parsed.CommandResult.Command, root))} --help'.".Replace("  ", " ", StringComparison.Ordinal));
            return ExitCode.BadArguments;
        }

        // A first signal asks a verb to stop, which may take as long as it says; a second Ctrl-C ends the process. Schedulers send
        // SIGTERM to a script and to what it has started, which then hears of it twice.
        using var stop = new CancellationTokenSource();
        void Ask(PosixSignalContext context)
        {
            context.Cancel = context.Signal == PosixSignal.SIGTERM || !stop.IsCancellationRequested;
            stop.Cancel();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ask);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ask);
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, stop.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            return Report(e, args.Contains("--json"));
        }
    }

    static int Report(Exception cause, bool json)
    {
        var (code, message) = cause switch
        {
            OperationCanceledException => (ExitCode.Interrupted, "Interrupted. What a job finished is kept: the same command goes on from there."),
            InvalidJobException => (ExitCode.BadArguments, cause.Message),
            JobStoppedException => (ExitCode.JobFailed, cause.Message),
            InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException => (ExitCode.Failed, cause.Message),
            OutOfMemoryException => (ExitCode.Failed, "Out of memory. Use fewer workers (--workers), a smaller batch (--batch-size) or smaller shards (--shard-rows)."),
            _ => (ExitCode.Failed, $"This is a fault in headscope: {cause}"),
        };
        Console.Error.WriteLine($"headscope: {message}");
        if (json)
        {
            IReadOnlyList<string> faults = cause is InvalidJobException invalid ? invalid.Faults : [message];
            Console.Out.WriteLine(JsonSerializer.Serialize(new { error = message, faults, exit_code = code }, JobJson.Options));
        }

        return code;
    }

    static IEnumerable<string> CommandPath(Command command, RootCommand root) => command == root ? [] : [command.Name];
}
