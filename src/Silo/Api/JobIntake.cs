using System.Text.Json;
using HeadScope.Jobs;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;
using HeadScope.ModelCore.Hub;

namespace HeadScope.Silo.Api;

/// <summary>Takes jobs in: reads, resolves, stores. Resolving reads whole models and token files, so only a few at a time.</summary>
internal sealed class JobIntake(JobStore jobs, JobStatusReader reader, ModelLocator models, Func<JobRequestReader> requests) : IDisposable
{
    const int AtATime = 2;

    readonly SemaphoreSlim _slots = new(AtATime);

    /// <returns>The job's folder, and whether it is new.</returns>
    /// <exception cref="InvalidJobException">The request cannot be done; the message lists every fault.</exception>
    public async Task<(JobFolder Folder, bool New)> SubmitAsync(JsonElement body, string? by, CancellationToken cancellation)
    {
        var request = requests();
        var (asked, priority) = request.Read(body);
        if (asked is null)
            throw new InvalidJobException(request.Faults);
        await _slots.WaitAsync(cancellation).ConfigureAwait(false);
        ResolvedJob job;
        try
        {
            // What is not a path inside the roots is an id: it must not find a folder of that name where the server happens to run.
            var model = Path.IsPathRooted(asked.Model)
                ? new LocatedModel(asked.Model, null)
                : await models.FindOnHubAsync(asked.Model, asked.Revision, cancellation).ConfigureAwait(false);
            job = await Task.Run(() => JobResolver.Resolve(asked, model), cancellation).ConfigureAwait(false);
        }
        catch (InvalidJobException e)
        {
            throw new InvalidJobException([.. request.Faults, .. e.Faults]);
        }
        catch (Exception e) when (e is InvalidDataException or HubException)
        {
            throw new InvalidJobException([.. request.Faults, $"model: {e.Message}"]);
        }
        finally
        {
            _slots.Release();
        }

        if (request.Faults.Count > 0)
            throw new InvalidJobException(request.Faults);
        var folder = new JobFolder(job.Spec.Id);
        var known = await reader.TryReadAsync(folder, cancellation).ConfigureAwait(false);
        if (known is null)
        {
            if (priority != 0)
                await reader.WriteControlAsync(folder, new JobControl(priority), cancellation).ConfigureAwait(false);
            await reader.NoteSubmissionAsync(folder, by, cancellation).ConfigureAwait(false);
            await jobs.SubmitAsync(job, cancellation).ConfigureAwait(false);
        }
        else if (known.State is JobState.Failed or JobState.Cancelled)
        {
            await jobs.ReopenAsync(folder, cancellation).ConfigureAwait(false);
        }

        return (folder, known is null);
    }

    public void Dispose() => _slots.Dispose();
}
