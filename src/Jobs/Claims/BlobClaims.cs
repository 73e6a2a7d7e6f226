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
    readonly ConcurrentDictionary<string, (string Content, long Since)> _observed = new();

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
            var (latest, content) = await LatestAsync(unit, cancellation).ConfigureAwait(false);
            if (created && latest <= generation)
            {
                _held[name] = holding;
                return new Claim(unit, generation);
            }

            if (latest == 0)
                continue; // released meanwhile
            if (!IsAbandoned(BlobOf(unit, latest), content))
            {
                // A holder that was taken over and came back may have removed its own generation from below the latest.
                if (created)
                    await store.DeleteAsync(name, cancellation).ConfigureAwait(false);
                return null;
            }

            generation = latest + 1;
        }
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

    bool IsAbandoned(string name, byte[] content)
    {
        if (_held.ContainsKey(name))
            return false;
        if (JobJson.Read<Holding>(content, name).Process.HasEnded)
            return true;
        var now = time.GetTimestamp();
        var text = Convert.ToBase64String(content);
        var observed = _observed.AddOrUpdate(name, (text, now), (_, before) => before.Content == text ? before : (text, now));
        return time.GetElapsedTime(observed.Since, now) >= duration;
    }

    async Task<(int Generation, byte[] Content)> LatestAsync(string unit, CancellationToken cancellation)
    {
        var latest = 0;
        var prefix = $"{folder.Claims}{unit}.";
        await foreach (var blob in store.ListAsync(prefix, cancellation).ConfigureAwait(false))
        {
            if (int.TryParse(blob.Name.AsSpan(prefix.Length), CultureInfo.InvariantCulture, out var generation))
                latest = Math.Max(latest, generation);
        }

        if (latest == 0)
            return (0, []);
        var content = await store.TryReadAsync(BlobOf(unit, latest), cancellation).ConfigureAwait(false);
        return content is null ? (0, []) : (latest, content);
    }
}

/// <summary>The right to work on a unit.</summary>
public sealed record Claim(string Unit, int Generation);
