using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace HeadScope.Tests.Support;

/// <summary>A real Prometheus with a folder of its own. Skips the test, with the reason, where it is not installed.</summary>
internal sealed class PrometheusServer : IDisposable
{
    static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    readonly TemporaryFolder _folder = new();
    readonly HttpClient _http;
    readonly Process _process;

    PrometheusServer(TimeSpan interval, IEnumerable<Uri> targets)
    {
        var address = $"127.0.0.1:{FreePort().ToString(CultureInfo.InvariantCulture)}";
        var wait = string.Create(CultureInfo.InvariantCulture, $"{interval.TotalMilliseconds}ms");
        File.WriteAllText(_folder.File("prometheus.yml"), $"""
            global:
              scrape_interval: {wait}
              scrape_timeout: {wait}
            scrape_configs:
              - job_name: headscope
                static_configs:
                  - targets: [{string.Join(", ", targets.Select(target => $"'{target.Authority}'"))}]
            """);
        _http = new HttpClient { BaseAddress = new Uri($"http://{address}") };
        _process = Process.Start(new ProcessStartInfo("prometheus",
            [$"--config.file={_folder.File("prometheus.yml")}", $"--storage.tsdb.path={_folder.File("data")}", $"--web.listen-address={address}", "--log.level=error"]))!;
    }

    /// <summary>Starts one that scrapes targets' <c>/metrics</c>.</summary>
    public static async Task<PrometheusServer> StartAsync(TimeSpan interval, params Uri[] targets)
    {
        Require("prometheus");
        var server = new PrometheusServer(interval, targets);
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                if ((await server._http.GetAsync("/-/ready")).IsSuccessStatusCode)
                    return server;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            Assert.True(waited.Elapsed < StartLimit && !server._process.HasExited, "Prometheus did not start");
            await Task.Delay(50);
        }
    }

    /// <summary>The values of an instant query, by labels: <c>a="b",c="d"</c> in order, without the name.</summary>
    public async Task<Dictionary<string, double>> QueryAsync(string query)
    {
        var answer = await _http.GetFromJsonAsync<JsonElement>($"/api/v1/query?query={Uri.EscapeDataString(query)}");
        return answer.GetProperty("data").GetProperty("result").EnumerateArray().ToDictionary(
            series => string.Join(',', series.GetProperty("metric").EnumerateObject()
                .Where(label => label.Name is not ("__name__" or "job" or "instance"))
                .OrderBy(label => label.Name, StringComparer.Ordinal).Select(label => $"{label.Name}=\"{label.Value}\"")),
            series => double.Parse(series.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture));
    }

    /// <summary>The one value of an instant query.</summary>
    public async Task<double> ValueAsync(string query)
    {
        var values = await QueryAsync(query);
        Assert.True(values.Count == 1, $"{query} has {values.Count} values: {string.Join("; ", values)}");
        return values.Values.Single();
    }

    /// <summary>Types and units of all metrics, as it learnt them from its targets.</summary>
    public async Task<Dictionary<string, (string Type, string Unit, string Help)>> MetadataAsync()
    {
        var answer = await _http.GetFromJsonAsync<JsonElement>("/api/v1/metadata");
        return answer.GetProperty("data").EnumerateObject().ToDictionary(
            metric => metric.Name,
            metric => (metric.Value[0].GetProperty("type").GetString()!, metric.Value[0].GetProperty("unit").GetString()!, metric.Value[0].GetProperty("help").GetString()!));
    }

    /// <summary>What promtool has to say of a scrape's answer: nothing, where it is clean.</summary>
    public static async Task<string> LintAsync(string metrics)
    {
        Require("promtool");
        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = Task.WhenAll(promtool.StandardOutput.ReadToEndAsync(), promtool.StandardError.ReadToEndAsync());
        await promtool.StandardInput.WriteAsync(metrics);
        promtool.StandardInput.Close();
        await promtool.WaitForExitAsync();
        return string.Concat(await said) + (promtool.ExitCode == 0 ? "" : $" (exit code {promtool.ExitCode})");
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _http.Dispose();
        _folder.Dispose();
    }

    static void Require(string program)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(program, ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.WaitForExit();
        }
        catch (Win32Exception e)
        {
            Skip.If(true, $"{program} is not installed: {e.Message}");
        }
    }

    static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
