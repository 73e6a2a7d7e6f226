using System.ComponentModel;
using System.Text.Json;
using HeadScope.Data.Files;
using HeadScope.Jobs;
using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Store;
using HeadScope.Silo.Security;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace HeadScope.Silo.Api;

/// <summary>The routes under /v1/jobs.</summary>
internal static class JobsApi
{
    const int LongestPage = 500;

    public static void MapJobs(this IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("/v1/jobs").WithTags("jobs").ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
        jobs.AddEndpointFilter(ExplainRefusalAsync);
        jobs.MapPost("", SubmitAsync).RequireAuthorization(nameof(Role.Submitter)).RequireRateLimiting(RateLimits.Submissions).Accepts<SubmitRequest>("application/json")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .WithSummary("Submit a job").WithDescription("The same request finds the first job of its kind; one that failed or was " +
                "cancelled goes on. All faults of a request are listed at once.");
        jobs.MapGet("", ListAsync).RequireAuthorization(nameof(Role.Reader)).WithSummary("List jobs");
        jobs.MapGet("{id}", GetAsync).RequireAuthorization(nameof(Role.Reader)).WithSummary("A job's state and progress");
        jobs.MapPatch("{id}", ChangeAsync).RequireAuthorization(nameof(Role.Submitter))
            .WithSummary("Pause or resume a job, or change its priority");
        jobs.MapDelete("{id}", CancelAsync).RequireAuthorization(nameof(Role.Submitter))
            .WithSummary("Cancel a job").WithDescription("Finished shards are kept, and submitting it again goes on from there. With " +
                "'purge', which needs the role admin, the job and all it has made are deleted, though it be damaged.");
        jobs.MapGet("{id}/events", EventsAsync).RequireAuthorization(nameof(Role.Reader)).Produces<JobView>(
            contentType: "text/event-stream")
            .WithSummary("Watch a job").WithDescription("Server-sent events: 'job' whenever it has changed, until it ends.");
        jobs.MapGet("{id}/preview", PreviewAsync).RequireAuthorization(nameof(Role.Reader)).WithSummary("The heads' scores so far");
        jobs.MapGet("{id}/results/{file}", ResultAsync).RequireAuthorization(nameof(Role.Reader)).Produces<byte[]>(
            contentType: "application/octet-stream")
            .WithMetadata(ContentPolicy.Sandbox).WithSummary("Pull a result")
            .WithDescription("Ranges and conditional requests are understood; the ETag is the SHA-256 in the manifest.");
    }

    static async Task<Results<Created<JobView>, Ok<JobView>, ProblemHttpResult>> SubmitAsync(
        HttpRequest request, Caller caller, JobIntake intake, JobMonitor monitor, IJobEngine engine, AuditLog audit,
        CancellationToken cancellation,
        [FromQuery(Name = "dry_run"), Description("Check the job and say what it would be; submit nothing.")] bool dryRun = false)
    {
        try
        {
            using var body = await ReadAsync(request, cancellation).ConfigureAwait(false);
            if (dryRun)
                return TypedResults.Ok(
                    monitor.ViewOf(await intake.FindAsync(body.RootElement, caller, cancellation).ConfigureAwait(false)));
            var (folder, isNew) = await intake.SubmitAsync(body.RootElement, caller, cancellation).ConfigureAwait(false);
            if (isNew)
                audit.Submitted(caller, folder.Id);
            else
                audit.SubmittedAgain(caller, folder.Id);
            monitor.Changed(folder);
            engine.Wake(folder);
            var view = (await monitor.TryViewAsync(folder, cancellation).ConfigureAwait(false))!;
            return isNew ? TypedResults.Created($"/v1/jobs/{folder.Id}", view) : TypedResults.Ok(view);
        }
        catch (FormatException e)
        {
            return TypedResults.Problem(
                $"The body is not the JSON that was expected: {e.Message}.", statusCode: StatusCodes.Status400BadRequest);
        }
        catch (InvalidJobException e)
        {
            return TypedResults.Problem(
                e.Message, statusCode: StatusCodes.Status400BadRequest, extensions: new Dictionary<string,
                object?>
                { ["faults"] = e.Listed });
        }
    }

    /// <exception cref="FormatException">The body is not JSON.</exception>
    /// <exception cref="BadHttpRequestException">The body does not come as HTTP has it, or breaks off.</exception>
    static async Task<JsonDocument> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        try
        {
            return await StrictJson.ParseAsync(request.Body, cancellation).ConfigureAwait(false);
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            throw new BadHttpRequestException($"The body could not be read: {e.Message}", e);
        }
    }

    static async Task<Results<Ok<JobPage>, ProblemHttpResult>> ListAsync(
        JobStore jobs, JobMonitor monitor, CancellationToken cancellation,
        [Description("Only jobs of this state, by the name that jobs show.")] string? state = null,
        [Description("Only jobs after this id.")] string? after = null,
        [Description("At most so many, from 1 to 500.")] int limit = 100)
    {
        var only = state is null ? null : JobStates.Named(state);
        if (state is not null && only is null)
            return TypedResults.Problem(
                $"state: expected one of {string.Join(", ", JobStates.Names)}.", statusCode: StatusCodes.Status400BadRequest);
        if (limit is < 1 or > LongestPage)
            return TypedResults.Problem($"limit is {limit}; expected 1 to {LongestPage}.", statusCode: StatusCodes.Status400BadRequest);
        var page = new List<JobView>();
        foreach (var id in (await jobs.ListAsync(cancellation).ConfigureAwait(false)).Where(id => string.CompareOrdinal(id, after) > 0))
        {
            if (await monitor.TryViewAsync(new JobFolder(id), cancellation).ConfigureAwait(false) is not { } view
                || (only is not null && view.State != only))
                continue;
            if (page.Count == limit)
                return TypedResults.Ok(new JobPage(page, page[^1].Id));
            page.Add(view);
        }

        return TypedResults.Ok(new JobPage(page, null));
    }

    static async Task<Results<Ok<JobView>, ProblemHttpResult>> GetAsync(string id, JobMonitor monitor, CancellationToken cancellation) =>
        JobFolder.IsId(id) && await monitor.TryViewAsync(new JobFolder(id), cancellation)
            .ConfigureAwait(false) is { } view ? TypedResults.Ok(view) : NoJob(id);

    static async Task<Results<Ok<JobView>, ProblemHttpResult>> ChangeAsync(
        string id, [FromBody] JobChange change, Caller caller, JobStatusReader reader, JobMonitor monitor, IJobEngine engine,
        AuditLog audit, CancellationToken cancellation)
    {
        if (!JobFolder.IsId(id) || await monitor.TryStatusAsync(new JobFolder(id), cancellation).ConfigureAwait(false) is not { } status)
            return NoJob(id);
        if (RequestRules.Priority.FaultOf(change.Priority) is { } fault)
            return TypedResults.Problem(fault, statusCode: StatusCodes.Status400BadRequest);
        if (change.Priority is not null)
            caller.RequireAdmin("Setting a job's priority");
        var before = await reader.ReadControlAsync(status.Folder, cancellation).ConfigureAwait(false);
        var control = new JobControl(change.Priority ?? before.Priority, change.Paused ?? before.Paused);
        await reader.WriteControlAsync(status.Folder, control, cancellation).ConfigureAwait(false);
        audit.Changed(caller, id, control.Priority, control.Paused);
        monitor.Changed(status.Folder);
        engine.Wake(status.Folder);
        return TypedResults.Ok((await monitor.TryViewAsync(status.Folder, cancellation).ConfigureAwait(false))!);
    }

    static async Task<Results<Ok<JobView>, NoContent, ProblemHttpResult>> CancelAsync(
        string id, Caller caller, JobStore jobs, JobStatusReader reader, JobMonitor monitor, IJobEngine engine, AuditLog audit,
        CancellationToken cancellation,
        [Description("Delete the job with all it has made.")] bool purge = false)
    {
        if (!JobFolder.IsId(id))
            return NoJob(id);
        if (purge)
            caller.RequireAdmin("Purging a job, rather than cancelling it,");
        var folder = new JobFolder(id);
        if (purge)
        {
            if (!await jobs.DeleteAsync(folder, cancellation).ConfigureAwait(false))
                return NoJob(id);
            audit.Purged(caller, id);
        }
        else
        {
            if (await monitor.TryStatusAsync(folder, cancellation).ConfigureAwait(false) is not { } status)
                return NoJob(id);
            if (status.State != JobState.Done)
            {
                await reader.CancelAsync(folder, caller.Name, cancellation).ConfigureAwait(false);
                audit.Cancelled(caller, id);
            }
        }

        monitor.Changed(folder);
        engine.Wake(folder);
        return purge
            ? TypedResults.NoContent()
            : TypedResults.Ok((await monitor.TryViewAsync(folder, cancellation).ConfigureAwait(false))!);
    }

    static async Task<IResult> EventsAsync(string id, Caller caller, JobMonitor monitor, JobEvents events, CancellationToken cancellation)
    {
        var folder = new JobFolder(id);
        return JobFolder.IsId(id) && await monitor.TryViewAsync(folder, cancellation).ConfigureAwait(false) is { } view
            ? TypedResults.ServerSentEvents(events.WatchAsync(folder, view, caller, cancellation))
            : NoJob(id);
    }

    static async Task<Results<Ok<JobPreview>, ProblemHttpResult>> PreviewAsync(string id, JobMonitor monitor, PreviewReader previews, CancellationToken cancellation) =>
        JobFolder.IsId(id) && await monitor.TryStatusAsync(new JobFolder(id), cancellation).ConfigureAwait(false) is { } status
            ? TypedResults.Ok(await previews.ReadAsync(status, cancellation).ConfigureAwait(false))
            : NoJob(id);

    static async Task<IResult> ResultAsync(
        string id, string file, HttpResponse response, JobStore jobs, JobMonitor monitor, CancellationToken cancellation)
    {
        if (!JobFolder.IsId(id) || await monitor.TryStatusAsync(new JobFolder(id), cancellation).ConfigureAwait(false) is not { } status)
            return NoJob(id);
        if (status.Manifest is not { } manifest)
            return TypedResults.Problem(
                $"Job {id} has no results yet: it is {status.State.Name()}.", statusCode: StatusCodes.Status409Conflict);
        // A name is looked up, never opened as it comes.
        var known = manifest.Files.Keys.Append(ResultNames.Manifest).Append(ResultNames.Timings).FirstOrDefault(name => name == file);
        if (known is null)
            return TypedResults.Problem($"Job {id} has no result of that name. It has {string.Join(", ", manifest.Files.Keys)}, " +
                $"{ResultNames.Manifest} and {ResultNames.Timings}.", statusCode: StatusCodes.Status404NotFound);
        response.Headers.CacheControl = "private, no-cache"; // whoever has it asks whether it is still the same
        var stream = await jobs.Blobs.OpenReadAsync(status.Folder.Result(known), cancellation).ConfigureAwait(false);
        return TypedResults.Stream(
            stream, ResultFiles.ContentType(known), known,
            entityTag: manifest.Files.TryGetValue(known, out var result) ? new EntityTagHeaderValue($"\"{result.Sha256}\"") : null,
            enableRangeProcessing: stream.CanSeek);
    }

    /// <summary>What asks for more than a job's state needs a job that can be read, and some of it a higher role.</summary>
    static async ValueTask<object?> ExplainRefusalAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context).ConfigureAwait(false);
        }
        catch (Exception e) when (e is UnreadableBlobException or InvalidDataException)
        {
            return TypedResults.Problem(PathsInText.Hide(e.Message), statusCode: StatusCodes.Status409Conflict);
        }
        catch (RoleException e)
        {
            var request = context.HttpContext;
            request.RequestServices.GetRequiredService<AuditLog>()
                .Forbidden(request.Features.GetRequiredFeature<Caller>(), request.Request);
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status403Forbidden);
        }
    }

    static ProblemHttpResult NoJob(string id) => TypedResults.Problem(
        JobFolder.IsId(id)
            ? $"There is no job {id} in this store."
            : "That is no job id: expected sixteen hex digits.", statusCode: StatusCodes.Status404NotFound);
}
