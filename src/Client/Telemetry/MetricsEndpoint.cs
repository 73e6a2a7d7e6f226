using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HeadScope.Jobs.Telemetry.Prometheus;

namespace HeadScope.Client.Telemetry;

/// <summary>Answers <c>GET /metrics</c> with what a collector has, until disposed of.</summary>
/// <remarks>The framework's own listener: it starts in a few milliseconds and needs nothing beside the program.</remarks>
internal sealed class MetricsEndpoint : IAsyncDisposable
{
    public const string Loopback = "127.0.0.1";

    const string Path = "/metrics";

    /// <summary>How often to look for another free port, where somebody takes the one that was found.</summary>
    const int Attempts = 20;

    readonly MetricCollector _collector;
    readonly HttpListener _listener;
    readonly Task _serving;
    TaskCompletionSource? _scraped;

    MetricsEndpoint(MetricCollector collector, HttpListener listener, string url)
    {
        _collector = collector;
        _listener = listener;
        Url = url;
        _serving = ServeAsync();
    }

    /// <summary>Where to look.</summary>
    public string Url { get; }

    /// <param name="port">0 for any that is free.</param>
    /// <param name="address">A name or address of this machine, or * for all.</param>
    /// <exception cref="IOException">The port is in use, or the address is not of this machine.</exception>
    public static MetricsEndpoint Start(MetricCollector collector, string address, int port)
    {
        var everywhere = address is "*" or "+" or "0.0.0.0";
        var host = everywhere ? "+" : address.Contains(':') ? $"[{address.Trim('[', ']')}]" : address;
        for (var attempt = 1; ; attempt++)
        {
            var chosen = port == 0 ? FreePort() : port;
            var listener = new HttpListener { IgnoreWriteExceptions = true }; // a scraper that goes away is no fault
            try
            {
                listener.Prefixes.Add(Prefix(host, chosen));
                if (host is Loopback)
                    listener.Prefixes.Add(Prefix("localhost", chosen));
                listener.Start();
                return new MetricsEndpoint(collector, listener, Prefix(everywhere ? "localhost" : host, chosen).TrimEnd('/') + Path);
            }
            catch (Exception e) when (e is HttpListenerException or SocketException or ArgumentException)
            {
                listener.Close();
                if (port != 0 || attempt == Attempts)
                    throw new IOException(Explain(e, address, chosen), e);
            }
        }
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

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving.ConfigureAwait(false);
    }

    async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return; // closed
            }

            try
            {
                await AnswerAsync(context.Request, context.Response).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException)
            {
                context.Response.Abort(); // whoever asked has gone
            }
        }
    }

    async Task AnswerAsync(HttpListenerRequest request, HttpListenerResponse response)
    {
        var scraped = Volatile.Read(ref _scraped);
        byte[] body = [];
        if (request.Url?.AbsolutePath != Path)
        {
            response.StatusCode = (int)HttpStatusCode.NotFound;
        }
        else if (request.HttpMethod is not ("GET" or "HEAD"))
        {
            response.StatusCode = (int)HttpStatusCode.MethodNotAllowed;
            response.AddHeader("Allow", "GET, HEAD");
        }
        else
        {
            var format = PrometheusFormat.For(request.Headers["Accept"]);
            response.ContentType = format.ContentType;
            response.AddHeader("Vary", "Accept");
            body = PrometheusText.Write(_collector.Collect(), format);
        }

        response.ContentLength64 = body.Length;
        if (request.HttpMethod != "HEAD")
            await response.OutputStream.WriteAsync(body).ConfigureAwait(false);
        response.Close();
        if (body.Length > 0)
            scraped?.TrySetResult();
    }

    static string Prefix(string host, int port) => string.Create(CultureInfo.InvariantCulture, $"http://{host}:{port}/");

    static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    static string Explain(Exception cause, string address, int port) => cause switch
    {
        HttpListenerException { ErrorCode: (int)SocketError.AddressAlreadyInUse } or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } =>
            $"--metrics-port {port}: another program has this port of {address}. Choose another, or 0 for any that is free.",
        HttpListenerException { ErrorCode: (int)SocketError.AccessDenied } or SocketException { SocketErrorCode: SocketError.AccessDenied } =>
            $"--metrics-port {port}: this user may not open it. Choose one above 1023, or 0 for any that is free.",
        _ => $"--metrics-address {address}: metrics cannot be shown there ({cause.Message.TrimEnd('.')}). Expected a name or address of this machine, or * for all.",
    };
}
