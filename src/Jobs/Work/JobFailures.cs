using System.Globalization;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Work;

/// <summary>
/// What went wrong with a job, written into its folder: every worker finds it there, and whoever asks for the job's state.
/// </summary>
public sealed class JobFailures(IBlobStore store, JobFolder folder, JobPresence presence, TimeProvider time)
{
    /// <summary>How often a unit is tried again before the job fails.</summary>
    public const int Retries = 3;

    /// <summary>A unit failed, and may be tried again.</summary>
    /// <exception cref="JobStoppedException">It failed too often, and the job with it; or the job was deleted.</exception>
    public async Task RecordAsync(string unit, Exception cause, CancellationToken cancellation)
    {
        if (await presence.IsGoneAsync(cancellation).ConfigureAwait(false))
            throw JobPresence.Deleted(folder, cause);
        for (var attempt = 1; ; attempt++)
        {
            var failure = new JobFailure(unit, attempt, TextOf(cause), time.GetUtcNow());
            var blob = string.Create(CultureInfo.InvariantCulture, $"{folder.Failures}{unit}.{attempt}");
            if (!await store.TryCreateAsync(blob, failure.ToJson(), cancellation).ConfigureAwait(false))
                continue;
            await presence.KeepAsync([blob], cancellation).ConfigureAwait(false);
            if (attempt <= Retries)
                return;
            var what = unit == JobUnits.WeightsUnit ? "The columns of the weights" : $"Shard {unit}";
            throw await FailAsync(unit, attempt, $"{what} failed {attempt} times; the last time: ", cause, cancellation)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Fails the job, unless it has failed before.</summary>
    /// <param name="unit">What failed: a unit's name, or what is done beside units.</param>
    /// <param name="what">Says so to people; the cause follows.</param>
    /// <returns>What to throw.</returns>
    public async Task<JobStoppedException> FailAsync(
        string unit, int attempts, string what, Exception cause, CancellationToken cancellation)
    {
        if (await presence.IsGoneAsync(cancellation).ConfigureAwait(false))
            return JobPresence.Deleted(folder, cause);
        var failure = new JobFailure(
            unit, attempts, $"{what}{TextOf(cause)} All finished shards are kept: mend the cause, then submit or run the job again.",
            time.GetUtcNow());
        if (await store.TryCreateAsync(folder.Failed, failure.ToJson(), cancellation).ConfigureAwait(false))
            await presence.KeepAsync([folder.Failed], cancellation).ConfigureAwait(false);
        return new JobStoppedException(failure.Message, cause);
    }

    /// <summary>
    /// Whether a fault's message was written for people who run jobs. Of others the type says something too, and where they came from.
    /// </summary>
    public static bool IsForeseen(Exception fault) =>
        fault is InvalidDataException or IOException or UnauthorizedAccessException or JobStoppedException;

    static string TextOf(Exception cause) => $"{(IsForeseen(cause) ? "" : $"{cause.GetType().Name}: ")}{cause.Message.TrimEnd('.')}.";
}
