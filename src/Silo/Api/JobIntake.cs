using System.Text.Json;
using HeadScope.Data.Hub;
using HeadScope.Jobs;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;
using HeadScope.Silo.Security;

namespace HeadScope.Silo.Api;

/// <summary>
/// Takes in what callers ask for: reads, resolves, submits. Resolving reads whole models and token files, a few at a time.
/// </summary>
internal sealed class JobIntake(JobSubmissions submissions, ModelLocator models, Func<JobRequestReader> requests) : IDisposable
{
    const int AtATime = 2;

    readonly SemaphoreSlim _slots = new(AtATime);

    /// <returns>The job's folder, and whether it is new.</returns>
    /// <exception cref="InvalidJobException">The request cannot be done; the message lists its faults.</exception>
    /// <exception cref="RoleException">The caller's role is too low for it.</exception>
    public async Task<(JobFolder Folder, bool New)> SubmitAsync(JsonElement body, Caller caller, CancellationToken cancellation)
    {
        var (job, priority) = await ResolveAsync(body, caller, cancellation).ConfigureAwait(false);
        return (new JobFolder(job.Spec.Id), await submissions.SubmitAsync(job, priority, caller.Name, cancellation).ConfigureAwait(false));
    }

    /// <summary>What a job is, or would be; nothing is stored.</summary>
    /// <inheritdoc cref="SubmitAsync" path="/exception"/>
    public async Task<JobStatus> FindAsync(JsonElement body, Caller caller, CancellationToken cancellation)
    {
        var (job, _) = await ResolveAsync(body, caller, cancellation).ConfigureAwait(false);
        return await submissions.FindAsync(job, cancellation).ConfigureAwait(false);
    }

    async Task<(ResolvedJob Job, int Priority)> ResolveAsync(JsonElement body, Caller caller, CancellationToken cancellation)
    {
        var request = requests();
        if (request.Read(body) is not { } asked)
            throw new InvalidJobException(request.Faults);
        if (asked.Priority != JobControl.Default.Priority)
            caller.RequireAdmin("Setting a job's priority");
        await _slots.WaitAsync(cancellation).ConfigureAwait(false);
        ResolvedJob job;
        try
        {
            // What is not in the roots is an id: it must not find a folder of that name where the server happens to run.
            var model = asked.Model is { } path
                ? new LocatedModel(path, null)
                : await models.FindOnHubAsync(asked.Request.Model, asked.Request.Revision, cancellation).ConfigureAwait(false);
            var files = new LocatedFiles(model, asked.Tokens, asked.InductionTokens);
            job = await Task.Run(() => JobResolver.Resolve(asked.Request, files), cancellation).ConfigureAwait(false);
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

        return request.Faults.Count == 0 ? (job, asked.Priority) : throw new InvalidJobException(request.Faults);
    }

    public void Dispose() => _slots.Dispose();
}
