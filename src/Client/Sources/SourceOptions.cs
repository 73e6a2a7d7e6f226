using System.CommandLine;
using HeadScope.Jobs;
using HeadScope.Jobs.Store;

namespace HeadScope.Client.Sources;

/// <summary>The options that say where jobs are.</summary>
internal sealed class SourceOptions
{
    readonly Option<string> _store = Store();

    /// <summary>A store that several machines share.</summary>
    public static Option<string> Store() => new("--store")
    {
        Description = "A folder or a blob container that the workers share; that of a 'run' is DIR/.headscope. "
            + "A container's URL may end in a shared access signature; azure:// uses AZURE_STORAGE_CONNECTION_STRING; otherwise whoever is signed in to Azure.",
        Required = true,
        HelpName = BlobStores.LocationHelp,
    };

    public void AddTo(Command command) => command.Options.Add(_store);

    /// <param name="create">Whether the place may be made where there is none.</param>
    public async Task<IJobSource> OpenAsync(ParseResult parsed, bool create, CancellationToken cancellation) =>
        new StoreJobs(new JobStore(await BlobStores.OpenAsync(parsed.GetRequiredValue(_store), create, cancellation).ConfigureAwait(false)));
}
