using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using HeadScope.Tests.Support;

namespace HeadScope.Grains.Tests;

/// <summary>headscope-silo, started as its users start it, and its API.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    readonly Process _process;
    readonly StringBuilder _log = new();

    SiloProcess(IReadOnlyDictionary<string, string>? environment, int port, IEnumerable<string> arguments)
    {
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}") };
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "headscope-silo.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Note;
        _process.ErrorDataReceived += Note;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public HttpClient Http { get; }

    public int ProcessId => _process.Id;

    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    /// <summary>Starts a server over a store with the fixtures' models, and waits until it is ready.</summary>
    public static Task<SiloProcess> StartAsync(string store, string tokens, params string[] more) => StartAsync(store, tokens, null, more);

    public static async Task<SiloProcess> StartAsync(
        string store, string tokens, IReadOnlyDictionary<string, string>? environment, params string[] more)
    {
        var port = Ports.Free();
        var silo = new SiloProcess(environment, port,
        [
            "--store", store, "--models", Fixture.PathOf("neox-tiny"), "--tokens", tokens, "--listen",
            $"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}",
            "--threads", "1", "--lease", "4", .. more,
        ]);
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                using var ready = await silo.Http.GetAsync("/health/ready");
                if (ready.IsSuccessStatusCode)
                    return silo;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            Assert.True(waited.Elapsed < Limit && !silo._process.HasExited, $"the silo did not start: {silo.Log}");
            await Task.Delay(100);
        }
    }

    /// <summary>Runs a command of the program to its end; says what it ended with, and what it said.</summary>
    public static async Task<(int Code, string Log)> RunAsync(IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        await using var silo = new SiloProcess(environment, 1, arguments);
        using var limit = new CancellationTokenSource(Limit);
        await silo._process.WaitForExitAsync(limit.Token);
        return (silo._process.ExitCode, silo.Log);
    }

    public async Task<string> SubmitAsync(object job)
    {
        using var response = await Http.PostAsJsonAsync("/v1/jobs", job);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(response.IsSuccessStatusCode, body.ToString());
        return body.GetProperty("id").GetString()!;
    }

    public async Task<JsonElement> UntilAsync(string id, Func<JsonElement, bool> condition)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var job = await Http.GetFromJsonAsync<JsonElement>($"/v1/jobs/{id}", limit.Token);
            if (condition(job))
                return job;
            await Task.Delay(50, limit.Token);
        }
    }

    public Task<JsonElement> UntilAsync(string id, string state) => UntilAsync(id, job => job.GetProperty("state").GetString() == state);

    /// <summary>SIGKILL: no goodbyes.</summary>
    public void Kill() => _process.Kill();

    /// <summary>SIGTERM; returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("kill", [_process.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync();
        using var limit = new CancellationTokenSource(Limit);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        Http.Dispose();
    }

    void Note(object sender, DataReceivedEventArgs line)
    {
        lock (_log)
            _log.AppendLine(line.Data);
    }
}
