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

    /// <summary>
    /// How long a submission may take: the server reads the whole model and the whole dataset, and may download the model.
    /// </summary>
    static readonly TimeSpan SubmitLimit = TimeSpan.FromHours(1);

    sealed record Page(IReadOnlyList<JobView> Jobs, string? Next);

    public string Location => server.Address;

    public Task<JobView> SubmitAsync(JobRequest request, int priority, CancellationToken cancellation) =>
        PostAsync(Jobs, request, priority, cancellation);

    public Task<JobView> FindAsync(JobRequest request, int priority, CancellationToken cancellation) =>
        PostAsync($"{Jobs}?dry_run=true", request, priority, cancellation);

    async Task<JobView> PostAsync(string path, JobRequest request, int priority, CancellationToken cancellation)
    {
        var body = System.Text.Json.JsonSerializer.SerializeToNode(request, JobJson.Options)!;
        body["priority"] = priority;
        var json = System.Text.Encoding.UTF8.GetBytes(body.ToJsonString());
        return await AskAsync<JobView>(HttpMethod.Post, path, json, SubmitLimit, cancellation).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<JobView>> ListAsync(CancellationToken cancellation)
    {
        var list = new List<JobView>();
        string? after = null;
        do
        {
            var page = await GetAsync<Page>($"{Jobs}?limit={PageLength}{(after is null ? "" : $"&after={after}")}", cancellation)
                .ConfigureAwait(false);
            list.AddRange(page.Jobs);
            after = page.Next;
        }
        while (after is not null);
        return list;
    }

    public Task<JobView> StatusAsync(string id, CancellationToken cancellation) => GetAsync<JobView>(JobPath(id), cancellation);

    public async IAsyncEnumerable<JobView> WatchAsync(string id, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var events = new ServerEvents(server, $"{JobPath(id)}/events");
        while (true)
        {
            var status = JobJson.Read<JobView>(await events.NextAsync(cancellation).ConfigureAwait(false), server.Address);
            yield return status;
            if (status.State.HasEnded())
                yield break;
        }
    }

    public async Task<JobPreview?> PreviewAsync(string id, CancellationToken cancellation) =>
        await GetAsync<JobPreview>($"{JobPath(id)}/preview", cancellation).ConfigureAwait(false);

    public Task<JobView> CancelAsync(string id, CancellationToken cancellation) =>
        AskAsync<JobView>(HttpMethod.Delete, JobPath(id), null, ServerConnection.AnswerLimit, cancellation);

    public async Task PurgeAsync(string id, CancellationToken cancellation)
    {
        using var _ = await server.SendAsync(() => new HttpRequestMessage(HttpMethod.Delete, $"{JobPath(id)}?purge=true"), ServerConnection.AnswerLimit, cancellation).ConfigureAwait(false);
    }

    public Task<JobView> ChangeAsync(string id, int? priority, bool? paused, CancellationToken cancellation) =>
        AskAsync<JobView>(
            HttpMethod.Patch, JobPath(id), JobJson.Write(new { priority, paused }), ServerConnection.AnswerLimit, cancellation);

    public async Task<Manifest?> ManifestAsync(string id, CancellationToken cancellation) =>
        (await StatusAsync(id, cancellation).ConfigureAwait(false)).State == JobState.Done
            ? await GetAsync<Manifest>($"{JobPath(id)}/results/{ResultNames.Manifest}", cancellation).ConfigureAwait(false)
            : null;

    public Task<Stream> OpenResultAsync(string id, string file, long offset, CancellationToken cancellation) =>
        Task.FromResult<Stream>(new ResumingStream(
            (position, token) => OpenAsync($"{JobPath(id)}/results/{Uri.EscapeDataString(file)}", position, token), offset, server.Time));

    static string JobPath(string id) => $"{Jobs}/{Uri.EscapeDataString(id)}";

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

    Task<T> GetAsync<T>(string path, CancellationToken cancellation) =>
        AskAsync<T>(HttpMethod.Get, path, null, ServerConnection.AnswerLimit, cancellation);

    async Task<T> AskAsync<T>(HttpMethod method, string path, byte[]? body, TimeSpan limit, CancellationToken cancellation)
    {
        using var response = await server.SendAsync(() => new HttpRequestMessage(method, path)
        {
            Content = body is null ? null : new ByteArrayContent(body)
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            },
        }, limit, cancellation).ConfigureAwait(false);
        return JobJson.Read<T>(await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false), $"{server.Address}/{path}");
    }
}
