using System.Diagnostics;
using System.Globalization;
using System.Text;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Server;

/// <summary>
/// A server of its own process, with a folder for its store and keys; it may be killed and started again at the same address.
/// </summary>
internal sealed class ServerProcess : IDisposable
{
    static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);

    readonly TemporaryFolder _folder = new();
    readonly StringBuilder _log = new();
    readonly string[] _options;
    Process? _process;

    /// <param name="options">More than where things lie.</param>
    public ServerProcess(params string[] options) => _options = options;

    public string Address { get; } = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Ports.Free()}");

    /// <summary>All that it has said.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    /// <summary>The most memory that it has taken, in bytes.</summary>
    public long PeakMemory
    {
        get
        {
            _process!.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>What it has computed, on all processors.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process!.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Where it looks for models and for token files.</summary>
    public string Inputs { get => field ?? _folder.File("inputs"); init; }

    public string Store { get => field ?? _folder.File("store"); init; }

    /// <summary>Variables that it is started with, beside the tests' own.</summary>
    public Dictionary<string, string> Environment { get; init; } = [];

    public string KeyFile => _folder.File("keys.json");

    /// <summary>Makes a key and returns its secret.</summary>
    public string AddKey(string name, string role)
    {
        using var keys = Process.Start(new ProcessStartInfo("dotnet", [HeadScopeProcess.Program("headscope-silo"), "keys", "add", name, "--role", role, "--keys", KeyFile]) { RedirectStandardOutput = true })!;
        var secret = keys.StandardOutput.ReadToEnd().Trim();
        keys.WaitForExit();
        Assert.Equal(0, keys.ExitCode);
        return secret;
    }

    /// <summary>The options that a server at this address is started with.</summary>
    /// <param name="more">Besides those of every start.</param>
    public string[] Arguments(params string[] more) =>
        ["--store", Store, "--models", Inputs, "--tokens", Inputs, "--listen", Address, .. File.Exists(KeyFile) ? new[] { "--keys", KeyFile } : [], .. _options, .. more];

    public async Task StartAsync(params string[] more)
    {
        Directory.CreateDirectory(Inputs);
        var start = new ProcessStartInfo("dotnet", [HeadScopeProcess.Program("headscope-silo"), .. Arguments(more)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in Environment)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Note;
        _process.ErrorDataReceived += Note;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await UntilReadyAsync();
    }

    public async Task UntilReadyAsync()
    {
        using var http = new HttpClient();
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                if ((await http.GetAsync($"{Address}/health/ready")).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            Assert.True(waited.Elapsed < StartLimit && _process is not { HasExited: true }, $"the server did not start: {Log}");
            await Task.Delay(50);
        }
    }

    /// <summary>Waits until it has said a text.</summary>
    public async Task SaysAsync(string text)
    {
        for (var waited = Stopwatch.StartNew(); !Log.Contains(text, StringComparison.Ordinal);)
        {
            Assert.True(waited.Elapsed < StartLimit && _process is { HasExited: false }, $"it did not say '{text}': {Log}");
            await Task.Delay(50);
        }
    }

    /// <summary>Ends it as a crash would.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
    }

    /// <summary>Tells it to stop, and sees that it does.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", [_process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync();
        Assert.True(_process.ExitCode == 0, $"the server ended with {_process.ExitCode}: {Log}");
    }

    public void Dispose()
    {
        if (_process is { HasExited: false })
            Kill();
        _process?.Dispose();
        _folder.Dispose();
    }

    void Note(object sender, DataReceivedEventArgs line)
    {
        lock (_log)
            _log.AppendLine(line.Data);
    }
}
