using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Chaos;

/// <summary>Where a run takes place: a store, processes that work on its jobs, and what can befall them.</summary>
internal abstract class Site : IAsyncDisposable
{
    readonly TemporaryFolder _folder = new();

    /// <summary>As commands name it.</summary>
    public virtual string Store => PathOf("store");

    public virtual Dictionary<string, string> Environment { get; } = [];

    /// <summary>Texts that nobody may say.</summary>
    public virtual IEnumerable<string> Secrets => [];

    /// <summary>What else there is to say of a run.</summary>
    public virtual string Report => "";

    public virtual Task<JobStore> OpenJobsAsync() => Task.FromResult(new JobStore(new FileBlobStore(Store)));

    /// <param name="inputs">The folder of the tokens.</param>
    public abstract Swarm Start(string inputs);

    /// <summary>What can befall a swarm of this site.</summary>
    public abstract IReadOnlyList<Blow> Blows(Swarm swarm);

    public virtual ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    protected string PathOf(string name) => _folder.File(name);
}
