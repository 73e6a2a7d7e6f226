using HeadScope.Data.Files;

namespace HeadScope.Data.Hub;

/// <summary>
/// Brings files of the Hugging Face hub into the cache that all tools of the ecosystem share, each once, checked against the hash that
/// the hub announces. Any number of threads and processes, of this program or of Python, may do so at once.
/// </summary>
public sealed class HubClient(HubOptions options, TimeProvider time) : IDisposable
{
    const int FirstAttempts = 3;

    readonly Lazy<HubConnection> _connection = new(() => new HubConnection(options, time));

    /// <summary>Makes sure that the chosen files of a repository are on this machine.</summary>
    /// <param name="revision">A branch, a tag or a commit.</param>
    /// <param name="choose">Gets the names of the repository's files, and returns those that are wanted. What it throws is passed
    /// on.</param>
    /// <param name="progress">Told of what has come, from several threads but one at a time.</param>
    /// <returns>The files at one commit. Where the hub cannot be reached, those that were last seen under the revision, if all are in the
    /// cache.</returns>
    /// <exception cref="HubException">They cannot be had.</exception>
    public async Task<HubSnapshot> DownloadAsync(
        HubRepository repository, string revision, Func<IReadOnlyList<string>, IEnumerable<string>> choose,
        IProgress<HubProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        var cache = new HubCache(options, repository);
        var meter = new ProgressMeter(repository, progress);
        var (listing, why) = await FindAsync(cache, repository, revision, choose, meter, cancellation).ConfigureAwait(false);
        string[] chosen;
        try
        {
            chosen = [.. choose(listing.Names).Distinct(StringComparer.Ordinal)];
        }
        catch (InvalidDataException e) when (why is not null && !listing.IsComplete)
        {
            // What there is to choose from is only what an earlier download has left.
            throw NotCached(cache, repository, revision, [], new HubException(HubFault.Unreachable, $"{why.Message} {e.Message}", e));
        }

        var unlisted = chosen.Except(listing.Names).ToList();
        if (unlisted.Count > 0 && listing.IsComplete)
            throw new HubException(
                HubFault.Refused,
                $"{options.Endpoint}: {repository} has no file '{RepositoryPath.Printable(unlisted[0])}' at {listing.Commit}.");
        var missing = listing.Files.Where(file => chosen.Contains(file.Name) && !cache.Holds(listing.Commit, file.Name)).ToList();
        if (missing.Count + unlisted.Count > 0 && why is not null)
            throw NotCached(cache, repository, revision, missing.Select(file => file.Name).Concat(unlisted), why);
        if (missing.Count > 0)
            await new SnapshotDownload(_connection.Value, cache, options, time, repository, listing.Commit, meter)
                .RunAsync(missing, cancellation).ConfigureAwait(false);
        cache.Remember(revision, listing);
        var folder = cache.SnapshotFolder(listing.Commit);
        var input = options.IsForOthers
            ? InputPath.Within([RealPath.OfFolder(cache.Folder)], folder, repository.Id)
            : InputPath.Anywhere(folder);
        return new HubSnapshot(listing.Commit, folder, input, chosen);
    }

    public void Dispose()
    {
        if (_connection.IsValueCreated)
            _connection.Value.Dispose();
    }

    /// <summary>What a revision is. The second is why the hub was not asked or did not answer, or null.</summary>
    async Task<(HubListing Listing, HubException? Why)> FindAsync(
        HubCache cache, HubRepository repository, string revision, Func<IReadOnlyList<string>, IEnumerable<string>> choose,
        ProgressMeter meter, CancellationToken cancellation)
    {
        var known = cache.Find(revision);
        if (options.Offline)
        {
            var offline = new HubException(HubFault.Unreachable, "Offline mode is on (HF_HUB_OFFLINE).");
            return (known ?? throw NotCached(cache, repository, revision, [], offline), offline);
        }

        // A commit never changes; what a branch or a tag means, only the hub knows.
        if (known is { IsComplete: true } && HubRepository.IsCommit(revision))
            return (known, null);
        Task<HubListing> Ask() => _connection.Value.ListAsync(repository, revision, cancellation);
        if (known is not null)
        {
            try
            {
                return (await Ask().ConfigureAwait(false), null);
            }
            catch (HubException e) when (e.Fault == HubFault.Unreachable && IsHeld(cache, known, choose))
            {
                meter.Say($"{e.Message} Using what the cache has: {repository} at commit {known.Commit}, as '{revision}' was last seen.");
                return (known, e);
            }
            catch (HubException e) when (e.IsTransient)
            {
                // The cache does not have all: then patience is worth it.
            }
        }

        try
        {
            // Nothing is lost yet, and whoever mistyped an address should not wait for long.
            var patience = new Patience(options with { Attempts = Math.Min(options.Attempts, FirstAttempts) }, time, meter.Say);
            return (await patience.TryAsync(Ask, cancellation).ConfigureAwait(false), null);
        }
        catch (HubException e) when (e.Fault == HubFault.Unreachable)
        {
            throw NotCached(cache, repository, revision, [], e);
        }
    }

    static bool IsHeld(HubCache cache, HubListing listing, Func<IReadOnlyList<string>, IEnumerable<string>> choose)
    {
        try
        {
            return choose(listing.Names).All(name => cache.Holds(listing.Commit, name));
        }
        catch (InvalidDataException)
        {
            return false; // nothing that could be chosen
        }
    }

    HubException NotCached(HubCache cache, HubRepository repository, string revision, IEnumerable<string> missing, HubException why)
    {
        var names = missing.ToList();
        var lacks = names.Count > 0 ? $"lacks {Listing.Of(names)} of {repository}"
            : cache.Find(revision) is null ? $"does not have {repository}" : $"does not have all of {repository}";
        return new HubException(
            HubFault.Unreachable, $"{why.Message} The cache, {options.NameOf(options.Cache)}, {lacks} at revision " +
                $"'{RepositoryPath.Printable(revision)}': download it once with a " +
                $"network{(options.Offline ? ", without HF_HUB_OFFLINE" : "")}, or set HF_HUB_CACHE to a cache that has it.", why);
    }
}
