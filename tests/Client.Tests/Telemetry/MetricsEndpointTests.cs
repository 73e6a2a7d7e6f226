using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using HeadScope.Client.Telemetry;
using HeadScope.Jobs.Observation;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Telemetry;

/// <summary>--metrics-port and what goes with it.</summary>
public sealed class MetricsEndpointTests
{
    [SkippableFact]
    public async Task Run_WithMetricsPort_AnswersInBothFormatsAndNothingElse()
    {
        Skip.If(OperatingSystem.IsWindows(), "sends a signal");
        using var job = new WatchedJob(rows: 2000);
        using var run = HeadScopeProcess.Start(job.Run("--metrics-port", "0", "--metrics-linger", "3600"));
        var url = await run.MetricsAsync();
        using var http = new HttpClient();

        using var text = await http.GetAsync(url);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", text.Content.Headers.ContentType!.ToString());
        Assert.False(PrometheusSamples.Parse(await text.Content.ReadAsStringAsync()).HasEnd);

        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/openmetrics-text;version=1.0.0"));
        using var open = await http.SendAsync(request);
        const string OpenMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores";
        Assert.Equal(OpenMetrics, open.Content.Headers.ContentType!.ToString());
        Assert.True(PrometheusSamples.Parse(await open.Content.ReadAsStringAsync()).HasEnd);

        using var head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, url));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri(url, "/"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri(url, "/metrics/more"))).StatusCode);
        using var post = await http.PostAsync(url, new StringContent("x"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);
        Assert.Equal(["GET", "HEAD"], post.Content.Headers.Allow);

        // Ctrl-C ends the run and does not wait for a scrape.
        run.Interrupt();
        var (code, _, error) = await run.EndAsync();
        Assert.True(code == 130, error);
    }

    [Fact]
    public async Task Run_PortInUse_SaysSoBeforeTheJobStarts()
    {
        using var job = new WatchedJob(rows: 16);
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var (code, _, error) = await HeadScopeProcess.RunAsync(job.Run("--metrics-port", port));
        Assert.Equal(1, code);
        Assert.Contains($"--metrics-port {port}: another program has this port", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(job.File("out")));
    }

    [Theory]
    [InlineData(2, "expected a number from 0 to 65535", "--metrics-port", "65536")]
    [InlineData(2, "Cannot parse argument 'many'", "--metrics-port", "many")]
    [InlineData(2, "expected a number from 0 to 3600", "--metrics-port", "0", "--metrics-linger", "-1")]
    [InlineData(1, "--metrics-address 192.0.2.1: metrics cannot be shown there", "--metrics-port", "0", "--metrics-address", "192.0.2.1")]
    public async Task Run_WrongOption_SaysWhatWasExpected(int expectedCode, string message, params string[] options)
    {
        using var job = new WatchedJob(rows: 16);
        var (code, _, error) = await HeadScopeProcess.RunAsync(job.Run(options));
        Assert.Equal(expectedCode, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scrape_SeriesThatIsNotObservedAgain_IsGone()
    {
        var devices = new List<string> { "one", "two" };
        using var meter = new Meter(WorkerInstruments.MeterName);
        meter.CreateObservableGauge(
            "devices", () => devices.Select(device => new Measurement<int>(1, new KeyValuePair<string, object?>("device", device))));
        await using var endpoint = await MetricsEndpoint.StartAsync(MetricsEndpoint.Loopback, 0, default);
        Assert.Equal(["one", "two"], await DevicesAsync());
        devices.Remove("one");
        Assert.Equal(["two"], await DevicesAsync());
        devices.Clear();
        Assert.Empty(await DevicesAsync());

        async Task<IEnumerable<string>> DevicesAsync() =>
            (await ScrapeAsync(endpoint)).All.Where(sample => sample.Name == "devices").Select(sample => sample.Labels["device"]);
    }

    [Fact]
    public async Task Scrape_InstrumentThatThrows_LosesOnlyItself()
    {
        using var meter = new Meter(WorkerInstruments.MeterName);
        meter.CreateObservableGauge("broken", new Func<int>(() => throw new InvalidOperationException("no device")));
        meter.CreateObservableGauge("whole", () => 7L);
        await using var endpoint = await MetricsEndpoint.StartAsync(MetricsEndpoint.Loopback, 0, default);
        var samples = await ScrapeAsync(endpoint);
        Assert.Equal(7, samples["whole"]);
        Assert.DoesNotContain("broken", samples.Types);
    }

    static async Task<PrometheusSamples> ScrapeAsync(MetricsEndpoint endpoint)
    {
        using var http = new HttpClient();
        return PrometheusSamples.Parse(await http.GetStringAsync(endpoint.Url));
    }
}
