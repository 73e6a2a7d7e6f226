using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HeadScope.Tests.Support;

/// <summary>What a client asked of a <see cref="HubServer"/>.</summary>
/// <param name="Host">The hub's own host and port, or those of the host for large files.</param>
internal sealed record HubRequest(string Method, string Host, string Path, string? Range, string? Authorization);

/// <summary>
/// A hub on this machine, over HTTP: small files come from its endpoint, large ones by a redirect to another host, by signed
/// addresses, as from the Hugging Face hub. Tests may have it misbehave.
/// </summary>
internal sealed class HubServer : IAsyncDisposable
{
    /// <summary>Part of every address of the host for large files; nobody else should see it.</summary>
    public const string Signature = "hub-signature-of-an-address";

    readonly WebApplication _app;
    readonly ConcurrentDictionary<string, HubContent> _repositories = new(StringComparer.Ordinal);
    readonly ConcurrentQueue<HubRequest> _requests = new();
    readonly List<(Func<HttpContext, bool> When, Func<HttpContext, Func<Task>, Task> Then)> _misbehaviour = [];

    HubServer(WebApplication app) => _app = app;

    /// <summary>What HF_ENDPOINT should be.</summary>
    public string Endpoint { get; private set; } = "";

    /// <summary>Another host, by name and port, that has the large files.</summary>
    public string LargeFiles { get; private set; } = "";

    /// <summary>All requests so far, in order.</summary>
    public IReadOnlyList<HubRequest> Requests => [.. _requests];

    /// <param name="host">Where it listens; the host for large files is there too, by another name where there is one.</param>
    public static async Task<HubServer> StartAsync(string host = "127.0.0.1")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://{host}:0", $"http://{host}:0");
        var server = new HubServer(builder.Build());
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        var urls = server._app.Urls.ToList();
        server.Endpoint = urls[0];
        server.LargeFiles = urls[1].Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        return server;
    }

    /// <summary>Puts a repository onto the hub, or a new commit into one.</summary>
    /// <param name="path">As in addresses: <c>org/name</c>, or <c>datasets/org/name</c>.</param>
    public HubContent Add(string path, IReadOnlyDictionary<string, byte[]> files) =>
        _repositories.AddOrUpdate(path, _ => new HubContent(files), (_, old) => old.Commit(files));

    /// <summary>Puts the files of a folder, and of the folders in it, onto the hub.</summary>
    public HubContent AddFolder(string path, string folder) =>
        Add(path, Directory.GetFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(
            file => Path.GetRelativePath(folder, file).Replace('\\', '/'), File.ReadAllBytes));

    /// <summary>Answers requests of one method and path differently, for the next <paramref name="times"/> of them.</summary>
    /// <param name="part">A part of the path. Large files, at their own host, have the file's name in theirs too.</param>
    /// <param name="answer">Gets the request, and what would be the right answer to it.</param>
    public void Misbehave(string method, string part, int times, Func<HttpContext, Func<Task>, Task> answer)
    {
        var left = times;
        lock (_misbehaviour)
        {
            _misbehaviour.Add((context => context.Request.Method == method
                && context.Request.Path.Value!.Contains(part, StringComparison.Ordinal) && Interlocked.Decrement(ref left) >= 0, answer));
        }
    }

    public Task StopAsync() => _app.StopAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        _requests.Enqueue(new HubRequest(
            request.Method, request.Host.Value!, request.Path.Value! + request.QueryString, Header(request.Headers.Range),
            Header(request.Headers.Authorization)));
        Func<HttpContext, Func<Task>, Task>? misbehaviour;
        lock (_misbehaviour)
            misbehaviour = _misbehaviour.FirstOrDefault(rule => rule.When(context)).Then;
        Func<Task> right = () => $"http://{request.Host}" == Endpoint ? FromEndpointAsync(context) : FromLargeFilesAsync(context);
        await (misbehaviour is null ? right() : misbehaviour(context, right));
    }

    async Task FromEndpointAsync(HttpContext context)
    {
        var path = Uri.UnescapeDataString(context.Request.Path.Value!).Trim('/');
        if (path.StartsWith("api/", StringComparison.Ordinal))
        {
            await FromApiAsync(context, path["api/".Length..]);
            return;
        }

        var resolve = path.Split("/resolve/", 2);
        var separator = resolve.Length < 2 ? -1 : resolve[1].IndexOf('/', StringComparison.Ordinal);
        if (separator < 0 || Find(context, resolve[0], resolve[1][..separator], isApi: false) is not { } repository)
        {
            if (separator < 0)
                context.Response.StatusCode = 404;
            return;
        }

        var response = context.Response;
        response.Headers["X-Repo-Commit"] = repository.Commit;
        if (!repository.Content.TryFind(repository.Commit, resolve[1][(separator + 1)..], out var file))
        {
            Refuse(response, 404, "EntryNotFound", "Entry not found");
            return;
        }

        if (!file.IsLarge)
        {
            await SendAsync(context, file.Bytes, file.Etag);
            return;
        }

        response.Headers["X-Linked-Etag"] = $"\"{file.Etag}\"";
        response.Headers["X-Linked-Size"] = file.Bytes.Length.ToString(CultureInfo.InvariantCulture);
        response.Redirect($"{LargeFiles}/{file.Etag}/{Uri.EscapeDataString(file.Name)}?X-Signature={Signature}");
    }

    /// <summary>What a commit is and holds: in one answer, as a tree, or of some paths.</summary>
    async Task FromApiAsync(HttpContext context, string path)
    {
        var question = new[] { "/revision/", "/tree/", "/paths-info/" }.FirstOrDefault(path.Contains) ?? "/revision/";
        var parts = path.Split(question, 2);
        var name = parts[0].StartsWith("models/", StringComparison.Ordinal) ? parts[0]["models/".Length..] : parts[0];
        if (Find(context, name, parts.ElementAtOrDefault(1) ?? "main", isApi: true) is not { } found)
            return;
        if (question == "/revision/")
            await context.Response.WriteAsJsonAsync(found.Content.Describe(name, found.Commit));
        else
            await context.Response.WriteAsJsonAsync(found.Content.Tree(
                found.Commit, question == "/tree/" ? null : (await context.Request.ReadFromJsonAsync<PathsQuestion>())!.Paths));
    }

    async Task FromLargeFilesAsync(HttpContext context)
    {
        var etag = context.Request.Path.Value!.Split('/')[1];
        var file = _repositories.Values.Select(repository => repository.Large(etag)).FirstOrDefault(found => found is not null);
        if (file is null || context.Request.Query["X-Signature"] != Signature)
            context.Response.StatusCode = 403;
        else
            await SendAsync(context, file.Bytes, "a-store-has-etags-of-its-own");
    }

    (HubContent Content, string Commit)? Find(HttpContext context, string name, string revision, bool isApi)
    {
        var authorization = Header(context.Request.Headers.Authorization);
        if (!_repositories.TryGetValue(name, out var content)
            || (content.Token is { } token && !content.IsGated && authorization != $"Bearer {token}"))
        {
            // Who may not see a repository is told the same as if there were none.
            Refuse(context.Response, authorization is null ? 401 : 404, "RepoNotFound", "Repository not found");
            return null;
        }

        if (content.RenamedTo is { } other)
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = Uri.EscapeDataString(context.Request.Path.Value!)
                .Replace("%2F", "/", StringComparison.Ordinal).Replace(name, other, StringComparison.Ordinal) + context.Request.QueryString;
            return null;
        }

        if (!isApi && content.IsGated && authorization != $"Bearer {content.Token}")
        {
            Refuse(context.Response, authorization is null ? 401 : 403, "GatedRepo", $"Access to {name} is restricted");
            return null;
        }

        if (content.CommitOf(revision) is { } commit)
            return (content, commit);
        Refuse(context.Response, 404, "RevisionNotFound", $"Invalid rev id: {revision}");
        return null;
    }

    static void Refuse(HttpResponse response, int status, string code, string message)
    {
        response.StatusCode = status;
        response.Headers["X-Error-Code"] = code;
        response.Headers["X-Error-Message"] = message;
    }

    static async Task SendAsync(HttpContext context, byte[] content, string etag)
    {
        var response = context.Response;
        response.Headers.ETag = $"\"{etag}\"";
        response.Headers.AcceptRanges = "bytes";
        var (from, end) = (0, content.Length);
        if (Header(context.Request.Headers.Range) is { } range)
        {
            var bounds = range["bytes=".Length..].Split('-');
            from = int.Parse(bounds[0], CultureInfo.InvariantCulture);
            if (bounds[1] != "")
                end = Math.Min(end, int.Parse(bounds[1], CultureInfo.InvariantCulture) + 1);
            if (from >= end)
            {
                response.StatusCode = 416;
                return;
            }

            response.StatusCode = 206;
            response.Headers.ContentRange = $"bytes {from}-{end - 1}/{content.Length}";
        }

        response.ContentLength = end - from;
        const int Piece = 1 << 16; // written at once, the whole content would be copied
        for (; context.Request.Method != "HEAD" && from < end; from += Piece)
            await response.Body.WriteAsync(content.AsMemory(from, Math.Min(Piece, end - from)));
    }

    sealed record PathsQuestion(string[] Paths);

    static string? Header(Microsoft.Extensions.Primitives.StringValues values) => values.Count > 0 ? values.ToString() : null;
}
