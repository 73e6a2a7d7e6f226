using System.CommandLine;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Store.AzureStorage;

namespace HeadScope.Client.Sources;

/// <summary>The options that say where jobs are: on a server, or in a store.</summary>
internal sealed class SourceOptions
{
    readonly Option<string?> _server = new("--server")
    {
        Description = $"A server's address. Where it asks for an API key, {ApiKeySecret.Variable} or --key-file has it.",
        HelpName = "URL",
        Validators =
        {
            result =>
            {
                if (result.Tokens is [var address] && ServerConnection.Fault(address.Value) is { } fault)
                    result.AddError($"--server: {fault}");
            },
        },
    };

    readonly Option<string?> _keyFile = new("--key-file")
    {
        Description = "A file that holds the API key, and nothing else.",
        HelpName = "FILE",
    };

    readonly Option<string?> _store = Store(required: false);

    /// <summary>A store that several machines share.</summary>
    public static Option<string?> Store(bool required) => new("--store")
    {
        Description = "A folder or a blob container that the workers share; that of a 'run' is DIR/.headscope. "
            + "A container's URL goes with a shared access signature in AZURE_STORAGE_SAS_TOKEN, azure:// with " +
                "AZURE_STORAGE_CONNECTION_STRING; otherwise whoever is signed in to Azure is asked.",
        Required = required,
        HelpName = BlobStores.LocationHelp,
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_server);
        command.Options.Add(_keyFile);
        command.Options.Add(_store);
        command.Validators.Add(result =>
        {
            var (server, store) = (result.GetResult(_server), result.GetResult(_store));
            if (server is null == store is null)
                result.AddError($"{(server is null ? "Where are the jobs? One" : "Only one")} of --server URL and --store " +
                    $"{BlobStores.LocationHelp} is expected.");
            else if (server is null && result.GetResult(_keyFile) is not null)
                result.AddError("--key-file is for a server; a store asks for no API key.");
        });
    }

    /// <summary>Whether a server has them.</summary>
    public bool IsServer(ParseResult parsed) => parsed.GetResult(_server) is not null;

    /// <param name="create">Whether the place may be made where there is none.</param>
    public async Task<IJobSource> OpenAsync(ParseResult parsed, bool create, IConsoleReport report, CancellationToken cancellation)
    {
        if (parsed.GetValue(_server) is { } server)
            return new ServerJobs(
                new ServerConnection(server, ApiKeySecret.Read(parsed.GetValue(_keyFile)), report.Say, TimeProvider.System));
        return new StoreJobs(
            await OpenAsync(parsed.GetValue(_store)!, create, report, cancellation).ConfigureAwait(false), report, TimeProvider.System);
    }

    /// <summary>Opens a store that a command line names.</summary>
    /// <param name="create">Whether it may be made where there is none.</param>
    public static async Task<JobStore> OpenAsync(string store, bool create, IConsoleReport report, CancellationToken cancellation)
    {
        if (AzureLocation.WarningOf(store) is { } warning)
            report.Say($"Warning: {warning}");
        return new JobStore(await BlobStores.OpenAsync(store, create, cancellation).ConfigureAwait(false));
    }
}
