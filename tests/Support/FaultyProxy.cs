using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace HeadScope.Tests.Support;

/// <summary>What becomes of a request on its way.</summary>
public enum Fault
{
    None,

    /// <summary>The connection breaks before the server hears of it.</summary>
    LoseRequest,

    /// <summary>The server does it, and the connection breaks before the client hears of it.</summary>
    LoseResponse,

    /// <summary>The connection breaks in the middle of the response's body.</summary>
    CutResponse,

    /// <summary>The server hears of it late, whether or not the client still waits.</summary>
    Delay,

    /// <summary>Answered by the way: 500.</summary>
    ServerError,

    /// <summary>Answered by the way: 503.</summary>
    Busy,
}

/// <param name="Number">How many came before it.</param>
internal sealed record ProxiedRequest(int Number, string Method, string Target);

/// <summary>A way to a server on which requests and responses are lost, late or refused, as a test wants it.</summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    static readonly HashSet<string> OfTheConnection = new(StringComparer.OrdinalIgnoreCase) { "Connection", "Keep-Alive", "Transfer-Encoding", "Host", "Expect" };

    /// <summary>Those that a client gets over by trying again.</summary>
    static readonly Fault[] Passing = [Fault.LoseRequest, Fault.LoseResponse, Fault.CutResponse, Fault.ServerError, Fault.Busy];

    readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });
    readonly Uri _server;
    readonly WebApplication _application;
    int _requests;
    int _broken;

    FaultyProxy(Uri server)
    {
        _server = server;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.AddServerHeader = false;
        });
        _application = builder.Build();
        _application.Run(PassAsync);
    }

    public Uri Address => new($"{_application.Urls.Single()}/");

    /// <summary>How many requests have come.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>How many of them did not simply pass.</summary>
    public int Broken => Volatile.Read(ref _broken);

    /// <summary>Decides what becomes of each request.</summary>
    public Func<ProxiedRequest, Fault> Plan { get; set; } = _ => Fault.None;

    /// <summary>How late a delayed request is.</summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromSeconds(0.5);

    public static async Task<FaultyProxy> StartAsync(Uri server)
    {
        var proxy = new FaultyProxy(server);
        await proxy._application.StartAsync();
        return proxy;
    }

    /// <summary>Breaks a share of all requests, from 0 to 1, in all the ways that pass.</summary>
    public void BreakSome(double share, int seed)
    {
        var random = new Random(seed);
        Plan = _ =>
        {
            lock (random)
                return random.NextDouble() < share ? Passing[random.Next(Passing.Length)] : Fault.None;
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _client.Dispose();
    }

    async Task PassAsync(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var fault = Plan(new ProxiedRequest(Interlocked.Increment(ref _requests) - 1, context.Request.Method, target));
        if (fault != Fault.None)
            Interlocked.Increment(ref _broken);
        using var request = await ReadAsync(context.Request, target);
        switch (fault)
        {
            case Fault.LoseRequest:
                context.Abort();
                return;
            case Fault.ServerError or Fault.Busy:
                context.Response.StatusCode = fault == Fault.Busy ? 503 : 500;
                return;
            case Fault.Delay:
                await Task.Delay(Delay);
                break;
        }

        HttpResponseMessage response;
        try
        {
            response = await _client.SendAsync(request);
        }
        catch (HttpRequestException)
        {
            context.Abort(); // the server is not there
            return;
        }

        using (response)
        {
            if (fault == Fault.LoseResponse)
                context.Abort();
            else
                await AnswerAsync(context, response, cut: fault == Fault.CutResponse);
        }
    }

    async Task<HttpRequestMessage> ReadAsync(HttpRequest from, string target)
    {
        var body = new MemoryStream();
        await from.Body.CopyToAsync(body);

        // As it came: names have characters that must stay escaped as they are.
        var uri = new Uri(
            $"{_server.GetLeftPart(UriPartial.Authority)}{target}",
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(new HttpMethod(from.Method), uri);
        if (from.ContentLength is not null)
            request.Content = new ByteArrayContent(body.ToArray());
        foreach (var (name, values) in from.Headers)
        {
            if (!OfTheConnection.Contains(name) && !request.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
                request.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }

        return request;
    }

    static async Task AnswerAsync(HttpContext context, HttpResponseMessage from, bool cut)
    {
        context.Response.StatusCode = (int)from.StatusCode;
        foreach (var (name, values) in from.Headers.Concat(from.Content.Headers))
        {
            if (!OfTheConnection.Contains(name))
                context.Response.Headers[name] = values.ToArray();
        }

        var body = await from.Content.ReadAsByteArrayAsync();
        if (context.Request.Method == "HEAD" || from.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotModified)
            return;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body.AsMemory(0, cut ? body.Length / 2 : body.Length));
        if (!cut)
            return;
        await context.Response.Body.FlushAsync();
        context.Abort();
    }
}
