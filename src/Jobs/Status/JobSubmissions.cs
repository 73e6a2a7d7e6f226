using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;

namespace HeadScope.Jobs.Status;

/// <summary>The one way into a store, whoever asks: a local run, the command line or a server.</summary>
public sealed class JobSubmissions(JobStore jobs, JobStatusReader reader)
{
    /// <summary>Adds a job, or finds that it is there. One that failed or was cancelled goes on.</summary>
    /// <param name="priority">Of a job that is new.</param>
    /// <param name="by">Who asks; null where nobody needs a name.</param>
    /// <returns>Whether it is new.</returns>
    public async Task<bool> SubmitAsync(ResolvedJob job, int priority, string? by, CancellationToken cancellation)
    {
        var folder = new JobFolder(job.Spec.Id);
        var known = await reader.TryReadAsync(folder, cancellation).ConfigureAwait(false);
        if (known is null)
        {
            if (priority != JobControl.Default.Priority)
                await reader.WriteControlAsync(folder, new JobControl(priority), cancellation).ConfigureAwait(false);
            await reader.NoteSubmissionAsync(folder, by, cancellation).ConfigureAwait(false);
            await jobs.SubmitAsync(job, cancellation).ConfigureAwait(false);
        }
        else if (known.State is JobState.Failed or JobState.Cancelled)
        {
            await jobs.ReopenAsync(folder, cancellation).ConfigureAwait(false);
        }

        return known is null;
    }

    /// <summary>What a job is in the store or, where it is not there, what it would be.</summary>
    public async Task<JobStatus> FindAsync(ResolvedJob job, CancellationToken cancellation) =>
        await reader.TryReadAsync(new JobFolder(job.Spec.Id), cancellation).ConfigureAwait(false) ?? JobStatus.Planned(job);
}
