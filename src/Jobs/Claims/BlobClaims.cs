using System.Collections.Concurrent;
using System.Globalization;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Claims;

/// <summary>
/// Who works on what, as blobs. A claim is <c>claims/UNIT.GENERATION</c>, created conditionally; its holder rewrites it from time to
/// time. A claim that has not changed for the lease's duration, by the observer's own clock, may be taken over: by creating the
/// next generation, which again only one can. No clocks are compared, so their skew does not matter.
/// </summary>
/// <remarks>Claims save work; they do not guard results. A holder that was merely slow commits, or finds it has been done.</remarks>
/// <param name="process">Who claims; this process unless said otherwise.</param>
public sealed class BlobClaims(IBlobStore store, JobFolder folder, TimeProvider time, TimeSpan duration, ProcessIdentity? process = null)
{
    /// <summary>How long a worker may be silent before others take over its work.</summary>
    public static readonly TimeSpan DefaultDuration = TimeSpan.FromSeconds(60);

    readonly ConcurrentDictionary<string, Holding> _held = new();
    readonly ConcurrentDictionary<string, Observation> _observed = new();

    /// <summary>How long to trust what another's claim said: a fraction of the lease, so that its end is noticed in time.</summary>
    TimeSpan LookInterval => duration / 16;

    /// <summary>What a claim's blob says.</summary>
    public sealed record Holding(string Worker, ProcessIdentity Process, DateTimeOffset Since, int Renewals);

    /// <summary>How often to call <see cref="RenewAsync"/>.</summary>
    public TimeSpan RenewalInterval => duration / 4;

    /// <summary>Claims a unit of work that nobody holds, or whose holder is gone. Null where somebody holds it.</summary>
    public async Task<Claim?> TryClaimAsync(string unit, string worker, CancellationToken cancellation)
    {
        var holding = new Holding(worker, process ?? ProcessIdentity.Current, time.GetUtcNow(), 0);
        for (var generation = 1; ;)
        {
            var name = BlobOf(unit, generation);
            var created = await store.TryCreateAsync(name, JobJson.Write(holding), cancellation).ConfigureAwait(false);
            var latest = await LatestAsync(unit, cancellation).ConfigureAwait(false);
            if (created && latest <= generation)
            {
                _held[name] = holding;
                return new Claim(unit, generation);
            }

            if (latest == 0)
                continue; // released meanwhile
            if (await IsHeldAsync(BlobOf(unit, latest), cancellation).ConfigureAwait(false))
            {
                // A holder that was taken over and came back may have removed its own generation from below the latest.
                if (created)
                    await store.DeleteAsync(name, cancellation).ConfigureAwait(false);
                return null;
            }

            generation = latest + 1;
        }
    }

    /// <summary>
    /// The units that somebody holds, this process or others. One question to the store, and one more for each claim that has not
    /// been looked at lately: far fewer than to try and claim each.
    /// </summary>
    public async Task<IReadOnlySet<string>> HeldUnitsAsync(CancellationToken cancellation)
    {
        var held = new HashSet<string>();
        foreach (var (unit, generation) in await GenerationsAsync(folder.Claims, cancellation).ConfigureAwait(false))
        {
            var name = BlobOf(unit, generation);
            var isFresh = _observed.TryGetValue(name, out var observed) && time.GetElapsedTime(observed.Looked) < LookInterval;
            if (isFresh || await IsHeldAsync(name, cancellation).ConfigureAwait(false))
                held.Add(unit);
        }

        return held;
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
    async Task<bool> IsHeldAsync(string name, CancellationToken cancellation)
    {
        if (_held.ContainsKey(name))
            return true;
        var content = await store.TryReadAsync(name, cancellation).ConfigureAwait(false);
        if (content is null || JobJson.Read<Holding>(content, name).Process.HasEnded)
            return false;
        var now = time.GetTimestamp();
        var text = Convert.ToBase64String(content);
        var observed = _observed.AddOrUpdate(
            name, new Observation(text, now, now), (_, before) => before.Content == text ? before with { Looked = now } : new Observation(text, now, now));
        return time.GetElapsedTime(observed.Since, now) < duration;
    }

    /// <summary>The latest generation of a unit's claims; 0 where there is none.</summary>
    async Task<int> LatestAsync(string unit, CancellationToken cancellation) =>
        (await GenerationsAsync($"{folder.Claims}{unit}.", cancellation).ConfigureAwait(false)).GetValueOrDefault(unit);

    async Task<Dictionary<string, int>> GenerationsAsync(string prefix, CancellationToken cancellation)
    {
        var latest = new Dictionary<string, int>();
        await foreach (var blob in store.ListAsync(prefix, cancellation).ConfigureAwait(false))
        {
            var name = blob.Name[folder.Claims.Length..];
            var dot = name.LastIndexOf('.');
            if (dot > 0 && int.TryParse(name.AsSpan(dot + 1), CultureInfo.InvariantCulture, out var generation))
                latest[name[..dot]] = Math.Max(generation, latest.GetValueOrDefault(name[..dot]));
        }

        return latest;
    }

    /// <param name="Since">When the content was first seen, as a timestamp.</param>
    /// <param name="Looked">When it was last seen.</param>
    sealed record Observation(string Content, long Since, long Looked);
}

/// <summary>The right to work on a unit.</summary>
public sealed record Claim(string Unit, int Generation);
