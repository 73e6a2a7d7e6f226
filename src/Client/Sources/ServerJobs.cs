using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using HeadScope.Jobs;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;

namespace HeadScope.Client.Sources;

/// <summary>Jobs on a server.</summary>
internal sealed class ServerJobs(ServerConnection server) : IJobSource
{
    const string Jobs = "v1/jobs";
    const int PageLength = 500;

    /// <summary>How long a submission may take: the server reads the whole model and the whole dataset, and may download the model.</summary>
    static readonly TimeSpan SubmitLimit = TimeSpan.FromHours(1);

    sealed record Page(IReadOnlyList<ServerJob> Jobs, string? Next);

    public string Location => server.Address;

    public async Task<JobOverview> SubmitAsync(JobRequest request, int priority, CancellationToken cancellation)
    {
        var body = System.Text.Json.JsonSerializer.SerializeToNode(request, JobJson.Options)!;
        body["priority"] = priority;
        var json = System.Text.Encoding.UTF8.GetBytes(body.ToJsonString());
        return Of(await AskAsync<ServerJob>(HttpMethod.Post, Jobs, json, SubmitLimit, cancellation).ConfigureAwait(false));
    }

    public async Task<IReadOnlyList<JobOverview>> ListAsync(CancellationToken cancellation)
    {
        var list = new List<JobOverview>();
        string? after = null;
        do
        {
            var page = await GetAsync<Page>($"{Jobs}?limit={PageLength}{(after is null ? "" : $"&after={after}")}", cancellation).ConfigureAwait(false);
            list.AddRange(page.Jobs.Select(Of));
            after = page.Next;
        }
        while (after is not null);
        return list;
    }

    public async Task<JobOverview> StatusAsync(string id, CancellationToken cancellation) => Of(await GetAsync<ServerJob>(JobPath(id), cancellation).ConfigureAwait(false));

    public async IAsyncEnumerable<JobOverview> WatchAsync(string id, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var events = new ServerEvents(server, $"{JobPath(id)}/events");
        while (true)
        {
            var status = Of(JobJson.Read<ServerJob>(await events.NextAsync(cancellation).ConfigureAwait(false), server.Address));
            yield return status;
            if (status.State.HasEnded())
                yield break;
        }
    }

    public async Task<JobPreview?> PreviewAsync(string id, CancellationToken cancellation) =>
        await GetAsync<JobPreview>($"{JobPath(id)}/preview", cancellation).ConfigureAwait(false);

    public async Task<JobOverview> CancelAsync(string id, CancellationToken cancellation) =>
        Of(await AskAsync<ServerJob>(HttpMethod.Delete, JobPath(id), null, ServerConnection.AnswerLimit, cancellation).ConfigureAwait(false));

    public async Task PurgeAsync(string id, CancellationToken cancellation)
    {
        using var _ = await server.SendAsync(() => new HttpRequestMessage(HttpMethod.Delete, $"{JobPath(id)}?purge=true"), ServerConnection.AnswerLimit, cancellation).ConfigureAwait(false);
    }

    public async Task<JobOverview> ChangeAsync(string id, int? priority, bool? paused, CancellationToken cancellation) =>
        Of(await AskAsync<ServerJob>(HttpMethod.Patch, JobPath(id), JobJson.Write(new { priority, paused }), ServerConnection.AnswerLimit, cancellation).ConfigureAwait(false));

    public async Task<Manifest?> ManifestAsync(string id, CancellationToken cancellation) =>
        (await StatusAsync(id, cancellation).ConfigureAwait(false)).State == JobState.Done
            ? await GetAsync<Manifest>($"{JobPath(id)}/results/manifest.json", cancellation).ConfigureAwait(false)
            : null;

    public Task<Stream> OpenResultAsync(string id, string file, long offset, CancellationToken cancellation) =>
        Task.FromResult<Stream>(new ResumingStream((position, token) => OpenAsync($"{JobPath(id)}/results/{Uri.EscapeDataString(file)}", position, token), offset, server.Time));

    static string JobPath(string id) => $"{Jobs}/{Uri.EscapeDataString(id)}";

    static JobOverview Of(ServerJob job) => new(
        job.Id, job.State, job.Priority, job.Model, job.Rows, job.Context, job.ShardsCommitted, job.Shards, job.Progress, job.Error, job.TokensPerSecond, job.Summary);

    async Task<Stream> OpenAsync(string path, long offset, CancellationToken cancellation)
    {
        var response = await server.SendAsync(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (offset > 0)
                request.Headers.Range = new RangeHeaderValue(offset, null);
            return request;
        }, ServerConnection.AnswerLimit, cancellation).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        if (offset > 0 && response.StatusCode != HttpStatusCode.PartialContent)
            await SkipAsync(stream, offset, cancellation).ConfigureAwait(false); // a server whose store cannot seek sends all of it
        return stream;
    }

    static async Task SkipAsync(Stream stream, long count, CancellationToken cancellation)
    {
        var buffer = new byte[1 << 16];
        while (count > 0)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(count, buffer.Length)), cancellation).ConfigureAwait(false);
            if (read == 0)
                throw new EndOfStreamException("The result is shorter than what was fetched of it before.");
            count -= read;
        }
    }

    Task<T> GetAsync<T>(string path, CancellationToken cancellation) => AskAsync<T>(HttpMethod.Get, path, null, ServerConnection.AnswerLimit, cancellation);

    async Task<T> AskAsync<T>(HttpMethod method, string path, byte[]? body, TimeSpan limit, CancellationToken cancellation)
    {
        using var response = await server.SendAsync(() => new HttpRequestMessage(method, path)
        {
            Content = body is null ? null : new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        }, limit, cancellation).ConfigureAwait(false);
        return JobJson.Read<T>(await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false), $"{server.Address}/{path}");
    }
}

/// <summary>A job as the server's API describes it; what is not here is not used.</summary>
internal sealed record ServerJob(
    string Id, JobState State, int Priority, string? Model, int Rows, int Context, int Shards, int ShardsCommitted, double Progress, double? TokensPerSecond, string? Error,
    JobSummary? Summary);
