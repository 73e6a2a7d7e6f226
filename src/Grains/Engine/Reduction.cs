using HeadScope.Jobs;
using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Work;

namespace HeadScope.Grains.Engine;

/// <summary>Reduces a job whose units others have done.</summary>
internal static class Reduction
{
    /// <param name="notDone">Called where units are not done after all.</param>
    /// <returns>False where another process is at it, or units are not done.</returns>
    /// <exception cref="JobStoppedException">It cannot be reduced, and has failed.</exception>
    /// <exception cref="IOException">The store failed, or something else that may pass.</exception>
    public static async Task<bool> TryAsync(JobStore jobs, JobFolder folder, EngineOptions options, Func<Task> notDone, TimeProvider time)
    {
        var presence = await JobPresence.NoteAsync(jobs.Blobs, folder, CancellationToken.None).ConfigureAwait(false);
        JobSession session;
        try
        {
            session = await JobSession.OpenAsync(jobs, folder, options, new Silent(), time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not IOException)
        {
            throw await new JobFailures(jobs.Blobs, folder, presence, time)
                .FailAsync("reduce", 1, "The reduction failed: ", e, CancellationToken.None).ConfigureAwait(false);
        }

        await using var _ = session.ConfigureAwait(false);
        await session.Leases.RefreshAsync(CancellationToken.None).ConfigureAwait(false);
        if (!session.Leases.IsComplete)
        {
            await notDone().ConfigureAwait(false);
            return false;
        }

        return await session.TryReduceAsync(CancellationToken.None).ConfigureAwait(false) is not null;
    }

    /// <summary>The workers have told of everything before.</summary>
    sealed class Silent : IJobObserver;
}
