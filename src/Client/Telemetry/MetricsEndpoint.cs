using System.Net;
using System.Net.Sockets;
using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;

namespace HeadScope.Client.Telemetry;

/// <summary>Answers <c>GET /metrics</c> with what the process has measured since the start, until disposed of.</summary>
internal sealed class MetricsEndpoint : IAsyncDisposable
{
    public const string Loopback = "127.0.0.1";

    const string Path = "/metrics";

    readonly WebApplication _server;
    TaskCompletionSource? _scraped;

    MetricsEndpoint(IPAddress address, int port)
    {
        // No logging, no routing, no configuration: OTEL_SDK_DISABLED concerns what is sent and must not empty the page.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            if (address.Equals(IPAddress.Any))
                kestrel.ListenAnyIP(port);
            else
                kestrel.Listen(address, port);
        });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddHeadScope().AddPrometheusExporter(prometheus =>
        {
            prometheus.ScopeInfoEnabled = false;
            prometheus.TargetInfoEnabled = false;
            prometheus.ScrapeResponseCacheDurationMilliseconds = 0; // the last scrape sees the final numbers
        }));
        _server = builder.Build();
        _server.Use(GuardAsync);
        _server.UseOpenTelemetryPrometheusScrapingEndpoint(_ => true);
        JobInstruments.Announce(); // an exporter that has nothing to show answers without a content type
    }

    /// <summary>Where to look, as seen from this machine.</summary>
    public string Url { get; private set; } = "";

    /// <param name="address">An address or name of this machine, or * for all.</param>
    /// <param name="port">0 for any that is free.</param>
    /// <exception cref="IOException">The port is in use, or the address is not of this machine.</exception>
    public static async Task<MetricsEndpoint> StartAsync(string address, int port, CancellationToken cancellation)
    {
        MetricsEndpoint? endpoint = null;
        try
        {
            endpoint = new MetricsEndpoint(await ResolveAsync(address, cancellation).ConfigureAwait(false), port);
            await endpoint._server.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ArgumentException)
        {
            if (endpoint is not null)
                await endpoint.DisposeAsync().ConfigureAwait(false);
            throw new IOException(Explain(e, address, port), e);
        }

        endpoint.Url = endpoint._server.Urls.First().Replace("[::]", "localhost", StringComparison.Ordinal)
            .Replace("0.0.0.0", "localhost", StringComparison.Ordinal) + Path;
        return endpoint;
    }

    /// <summary>Waits until somebody has fetched the metrics after this call, for some time at the most.</summary>
    public async Task LingerAsync(TimeSpan limit, CancellationToken cancellation)
    {
        var scraped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _scraped, scraped);
        try
        {
            await scraped.Task.WaitAsync(limit, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // Nobody came.
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>The exporter takes any path and method: only reading reaches it. Notes that somebody has read all.</summary>
    async Task GuardAsync(HttpContext context, RequestDelegate scrape)
    {
        var (request, response) = (context.Request, context.Response);
        var scraped = Volatile.Read(ref _scraped);
        if (request.Path != Path)
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = "GET, HEAD";
            return;
        }

        await scrape(context).ConfigureAwait(false);
        await response.CompleteAsync().ConfigureAwait(false);
        if (HttpMethods.IsGet(request.Method) && response.StatusCode == StatusCodes.Status200OK)
            scraped?.TrySetResult();
    }

    static async Task<IPAddress> ResolveAsync(string address, CancellationToken cancellation) => address switch
    {
        "*" => IPAddress.Any,
        "localhost" => IPAddress.Loopback,
        _ when IPAddress.TryParse(address, out var parsed) => parsed,
        _ => (await Dns.GetHostAddressesAsync(address, cancellation).ConfigureAwait(false))[0],
    };

    /// <summary>Signals are the command line's to handle, not the server's.</summary>
    sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    static string Explain(Exception cause, string address, int port) => (cause.InnerException ?? cause) switch
    {
        AddressInUseException or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } =>
            $"--metrics-port {port}: another program has this port of {address}. Choose another, or 0 for any that is free.",
        SocketException { SocketErrorCode: SocketError.AccessDenied } =>
            $"--metrics-port {port}: this user may not open it. Choose one above 1023, or 0 for any that is free.",
        var other => $"--metrics-address {address}: metrics cannot be shown there ({other.Message.TrimEnd('.')}). Expected an address or " +
            $"name of this machine, or * for all.",
    };
}
