using System.Collections.Concurrent;
using System.Globalization;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Leasing;

/// <summary>
/// Who works on what, as blobs. A claim is <c>claims/UNIT.GENERATION</c>, created conditionally; its holder rewrites it from time to
/// time. A claim that has not changed for the lease's duration, by the observer's own clock, may be taken over: by creating the
/// next generation, which again only one can. No clocks are compared, so their skew does not matter.
/// </summary>
/// <remarks>Claims save work; they do not guard results. A holder that was merely slow commits, or finds it has been done.</remarks>
/// <param name="process">Who claims; this process unless said otherwise.</param>
/// <param name="member">What it is in its cluster: members know at once of others' end.</param>
/// <param name="readsOfALook">How many claims one look at all of them reads: they may be as many as workers, and all processes
/// look.</param>
public sealed class BlobClaims(
    IBlobStore store, JobFolder folder, TimeProvider time, TimeSpan duration, ProcessIdentity? process = null,
    ClusterProcess? member = null, int readsOfALook = 32)
{
    /// <summary>How long a worker may be silent before others take over its work.</summary>
    public static readonly TimeSpan DefaultDuration = TimeSpan.FromSeconds(60);

    /// <summary>How many of them are read at a time.</summary>
    const int ReadsAtATime = 16;

    /// <summary>A claim is some four hundred bytes.</summary>
    const int MostBytes = 1 << 16;

    /// <summary>More than a unit can have had holders: blobs of higher numbers are no claims.</summary>
    const int MostGenerations = 1000;

    readonly ConcurrentDictionary<string, Holding> _held = new();
    readonly ConcurrentDictionary<string, Observation> _observed = new();

    /// <summary>What a claim's blob says.</summary>
    /// <param name="Member">The process's name in its cluster; null where it is in none.</param>
    public sealed record Holding(string Worker, ProcessIdentity Process, DateTimeOffset Since, int Renewals, string? Member = null);

    /// <summary>How often to call <see cref="RenewAsync"/>.</summary>
    public TimeSpan RenewalInterval => duration / 4;

    /// <summary>Claims a unit of work that nobody holds, or whose holder is gone. Null where somebody holds it.</summary>
    public async Task<Claim?> TryClaimAsync(string unit, string worker, CancellationToken cancellation)
    {
        var holding = new Holding(worker, process ?? ProcessIdentity.Current, time.GetUtcNow(), 0, member?.Name);
        for (var generation = 1; ;)
        {
            if (generation > MostGenerations)
            {
                // Nobody counts so far; a blob says that somebody did. What has lapsed goes, and with it the number.
                await store.DeleteAsync(BlobOf(unit, MostGenerations), cancellation).ConfigureAwait(false);
                generation = 1;
            }

            var name = BlobOf(unit, generation);
            var created = await store.TryCreateAsync(name, JobJson.Write(holding), cancellation).ConfigureAwait(false);
            var (latest, version) = await LatestAsync(unit, cancellation).ConfigureAwait(false);
            if (created && latest <= generation)
            {
                _held[name] = holding;
                return new Claim(unit, generation);
            }

            if (latest == 0)
                continue; // released meanwhile
            // A holder that was taken over and came back may have removed its own generation from below the latest.
            if (created)
                await store.DeleteAsync(name, cancellation).ConfigureAwait(false);
            if (await IsHeldAsync(BlobOf(unit, latest), version, read: true, cancellation).ConfigureAwait(false))
                return null;
            generation = latest + 1;
        }
    }

    /// <summary>
    /// The units that somebody seems to hold, this process or others: one question to the store, and some more to learn of processes
    /// that have ended. <see cref="TryClaimAsync"/> knows for certain.
    /// </summary>
    /// <param name="except">Units that are of no interest.</param>
    public async Task<IReadOnlySet<string>> HeldUnitsAsync(Predicate<string> except, CancellationToken cancellation)
    {
        var latest = await GenerationsAsync(folder.Claims, cancellation).ConfigureAwait(false);
        var claims = latest.Where(claim => !except(claim.Key))
            .Select(claim => (Unit: claim.Key, Name: BlobOf(claim.Key, claim.Value.Generation), claim.Value.Version)).ToArray();
        foreach (var name in _observed.Keys.Except(claims.Select(claim => claim.Name)))
            _observed.TryRemove(name, out _);

        // Whoever looks begins somewhere else.
        Random.Shared.Shuffle(claims);
        var unknown = claims.Where(claim => !_held.ContainsKey(claim.Name) && Observe(claim.Name, claim.Version).Holder is null)
            .Take(readsOfALook).ToHashSet();
        var held = new ConcurrentDictionary<string, bool>();
        await Parallel.ForEachAsync(
            claims, new ParallelOptions { MaxDegreeOfParallelism = ReadsAtATime, CancellationToken = cancellation },
            async (claim, token) => held[claim.Unit] = await IsHeldAsync(claim.Name, claim.Version, unknown.Contains(claim), token).ConfigureAwait(false)).ConfigureAwait(false);
        return held.Where(claim => claim.Value).Select(claim => claim.Key).ToHashSet();
    }

    /// <summary>Tells others that the work goes on: all claims of this process.</summary>
    public async Task RenewAsync(CancellationToken cancellation)
    {
        foreach (var (name, holding) in _held)
        {
            var renewed = holding with { Renewals = holding.Renewals + 1 };
            if (_held.TryUpdate(name, renewed, holding))
                await store.WriteAsync(name, JobJson.Write(renewed), cancellation).ConfigureAwait(false);
            if (!_held.ContainsKey(name))
                await store.DeleteAsync(name, cancellation).ConfigureAwait(false); // released while it was being rewritten
        }
    }

    /// <summary>Gives a claim back, because the work is done or will not be.</summary>
    public async Task ReleaseAsync(Claim claim, CancellationToken cancellation)
    {
        _held.TryRemove(BlobOf(claim.Unit, claim.Generation), out _);
        for (var generation = claim.Generation; generation > 0; generation--)
            await store.DeleteAsync(BlobOf(claim.Unit, generation), cancellation).ConfigureAwait(false);
    }

    string BlobOf(string unit, int generation) => string.Create(CultureInfo.InvariantCulture, $"{folder.Claims}{unit}.{generation}");

    /// <summary>Whether a claim's holder gives signs of life.</summary>
    /// <param name="read">Whether to read the claim, rather than to rely on its version and on what was read of it before.</param>
    async Task<bool> IsHeldAsync(string name, string version, bool read, CancellationToken cancellation)
    {
        if (_held.ContainsKey(name))
            return true;
        var observed = Observe(name, version);
        if (read)
        {
            if (await TryReadAsync(name, cancellation).ConfigureAwait(false) is not var (content, holder))
                return false;
            observed = _observed[name] = observed.Content is null || observed.Content == content
                ? observed with { Content = content, Holder = holder }
                : new Observation(version, content, holder, time.GetTimestamp());
        }

        return (observed.Holder is null || !HasEnded(observed.Holder)) && time.GetElapsedTime(observed.Since) < duration;
    }

    bool HasEnded(Holding holder) => holder.Process.HasEnded || (member is not null && holder.Member is { } name && member.HasEnded(name));

    /// <summary>
    /// A claim's content and who wrote it; null where there is none. One that nobody can read lapses like one of another machine.
    /// </summary>
    async Task<(string Content, Holding? Holder)?> TryReadAsync(string name, CancellationToken cancellation)
    {
        var content = "";
        try
        {
            if (await store.TryReadAsync(name, MostBytes, cancellation).ConfigureAwait(false) is not { } blob)
                return null;
            content = Convert.ToBase64String(blob);
            return (content, JobJson.Read<Holding>(blob, name));
        }
        catch (Exception e) when (e is InvalidDataException or UnreadableBlobException)
        {
            return (content, null);
        }
    }

    /// <summary>Notes whether a claim has changed. Whoever renews it is most likely who did so before.</summary>
    Observation Observe(string name, string version) => _observed.AddOrUpdate(
        name, _ => new Observation(version, null, null, time.GetTimestamp()),
        (_, before) => before.Version == version ? before : new Observation(version, null, before.Holder, time.GetTimestamp()));

    /// <summary>The latest generation of a unit's claims; 0 where there is none.</summary>
    async Task<(int Generation, string Version)> LatestAsync(string unit, CancellationToken cancellation) =>
        (await GenerationsAsync($"{folder.Claims}{unit}.", cancellation).ConfigureAwait(false)).GetValueOrDefault(unit);

    async Task<Dictionary<string, (int Generation, string Version)>> GenerationsAsync(string prefix, CancellationToken cancellation)
    {
        var latest = new Dictionary<string, (int Generation, string Version)>();
        await foreach (var blob in store.ListAsync(prefix, cancellation).ConfigureAwait(false))
        {
            var name = blob.Name[folder.Claims.Length..];
            var dot = name.LastIndexOf('.');
            if (dot > 0 && int.TryParse(
                name.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var generation) && generation <= MostGenerations
                && generation > latest.GetValueOrDefault(name[..dot]).Generation)
                latest[name[..dot]] = (generation, blob.Version);
        }

        return latest;
    }

    /// <param name="Version">Of the blob, as the store lists it.</param>
    /// <param name="Content">Null where it has not been read since it changed.</param>
    /// <param name="Holder">Whoever held it when it was last read; null where it never was.</param>
    /// <param name="Since">When it was first seen as it is, as a timestamp.</param>
    sealed record Observation(string Version, string? Content, Holding? Holder, long Since);
}

/// <summary>The right to work on a unit.</summary>
public sealed record Claim(string Unit, int Generation);
