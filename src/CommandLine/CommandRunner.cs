using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using HeadScope.Jobs;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store.AzureStorage;

namespace HeadScope.CommandLine;

/// <summary>Runs a command line, and turns what goes wrong into messages and an exit code.</summary>
/// <param name="program">The program's name.</param>
public sealed class CommandRunner(string program, RootCommand root)
{
    const string Json = "--json";

    /// <param name="stop">Asks a verb to stop.</param>
    /// <returns>The exit code, one of <see cref="ExitCode"/>.</returns>
    public async Task<int> RunAsync(string[] args, CancellationToken stop = default)
    {
        var parsed = root.Parse(args);
        try
        {
            if (parsed.Errors.Count > 0)
                return Refuse(parsed, FaultsOf(parsed, args), args.Contains(Json));
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(configuration, stop).ConfigureAwait(false);
        }
        catch (InvalidJobException e)
        {
            var named = new InvalidJobException([.. e.Faults.Select(fault => Named(fault, parsed.CommandResult.Command))]);
            return Report(named, named.Faults, args.Contains(Json));
        }
        catch (Exception e)
        {
            return Report(e, [], args.Contains(Json));
        }
    }

    /// <summary>All that is wrong with a command line that the parser refuses.</summary>
    List<string> FaultsOf(ParseResult parsed, string[] args)
    {
        var command = parsed.CommandResult.Command;
        var faults = parsed.Errors.Select(error => error.Message).ToList();
        if (command.Validators.Count > 0)
        {
            // Where a rule between options does not hold, the library looks at no option by itself: it is asked again without the rules.
            var rules = command.Validators.ToList();
            command.Validators.Clear();
            faults.AddRange(root.Parse(args).Errors.Select(error => error.Message));
            rules.ForEach(command.Validators.Add);
        }

        if (command is CheckedCommand @checked)
            faults.AddRange(@checked.MoreFaults(parsed).Select(fault => Named(fault, command)));
        return [.. faults.Distinct().Select(AzureLocation.WithoutSignatures)];
    }

    /// <summary>A fault of a job's field as one of the option that gave it.</summary>
    static string Named(string fault, Command command)
    {
        var option = $"--{fault.Split(':')[0].Replace('_', '-')}";
        return command.Options.Any(known => known.Name == option) ? $"{option}{fault[(option.Length - 2)..]}" : fault;
    }

    int Refuse(ParseResult parsed, List<string> faults, bool json)
    {
        foreach (var fault in faults)
            Console.Error.WriteLine($"{program}: {fault}");
        Console.Error.WriteLine($"See '{string.Join(' ', [program, .. Path(parsed.CommandResult), "--help"])}'.");
        if (json)
            WriteJson(string.Join('\n', faults), faults, ExitCode.BadArguments);
        return ExitCode.BadArguments;
    }

    int Report(Exception cause, IReadOnlyList<string> faults, bool json)
    {
        var (code, message) = ExitCode.Of(cause, program);
        Console.Error.WriteLine($"{program}: {message}");
        if (json)
            WriteJson(message, faults.Count > 0 ? faults : [message], code);
        return code;
    }

    static void WriteJson(string error, IReadOnlyList<string> faults, int code) =>
        Console.Out.WriteLine(JsonSerializer.Serialize(new { error, faults, exit_code = code }, JobJson.Options));

    IEnumerable<string> Path(CommandResult result) =>
        result.Command == root ? [] : [.. Path((CommandResult)result.Parent!), result.Command.Name];
}
