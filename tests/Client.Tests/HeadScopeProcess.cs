using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace HeadScope.Client.Tests;

/// <summary>The program, started as its users start it.</summary>
internal sealed class HeadScopeProcess : IDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    readonly Process _process;
    readonly Lock _gate = new();
    readonly StringBuilder _output = new();
    readonly StringBuilder _error = new();
    bool _errorIsOver;
    TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="before">A program, with arguments, that is to start it.</param>
    HeadScopeProcess(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment, string? folder = null,
        string[]? before = null)
    {
        string[] command = [.. before ?? [], "dotnet", Program(program), .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Note(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Note(_error, line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public bool HasEnded => _process.HasExited;

    /// <summary>What it ended with.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>All that it has said.</summary>
    public string Said
    {
        get
        {
            lock (_gate)
                return $"{_output}{_error}";
        }
    }

    /// <summary>A program as it lies beside the tests.</summary>
    public static string Program(string name) => Path.Combine(AppContext.BaseDirectory, $"{name}.dll");

    public static HeadScopeProcess Start(params string[] arguments) => new("headscope", arguments, null);

    public static HeadScopeProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        new("headscope", arguments, environment);

    /// <param name="folder">Where the program lies.</param>
    public static HeadScopeProcess StartFrom(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        new(Path.Combine(folder, "headscope"), arguments, environment);

    /// <summary>The server.</summary>
    public static HeadScopeProcess StartServer(IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        new("headscope-silo", arguments, environment);

    /// <param name="host">What stands before the command.</param>
    /// <param name="folder">Where the program lies, of this version or another.</param>
    public static HeadScopeProcess StartServerOn(
        string[] host, string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        new(Path.Combine(folder, "headscope-silo"), arguments, environment, null, host);

    /// <param name="folder">Where it runs.</param>
    public static HeadScopeProcess StartServerIn(string folder, params string[] arguments) =>
        new("headscope-silo", arguments, null, folder);

    /// <summary>Runs a command of the server to the end.</summary>
    public static Task<(int Code, string Output, string Error)> RunServerAsync(params string[] arguments) =>
        RunServerAsync(new Dictionary<string, string>(), arguments);

    public static async Task<(int Code, string Output, string Error)> RunServerAsync(
        IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using var process = StartServer(environment, arguments);
        return await process.EndAsync();
    }

    /// <param name="folder">Where it runs.</param>
    public static HeadScopeProcess StartIn(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        new("headscope", arguments, environment, folder);

    /// <summary>Runs to the end.</summary>
    public static Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) =>
        RunAsync(new Dictionary<string, string>(), arguments);

    public static async Task<(int Code, string Output, string Error)> RunAsync(
        IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using var process = Start(environment, arguments);
        return await process.EndAsync();
    }

    public async Task<(int Code, string Output, string Error)> EndAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"headscope did not end within {Limit}: {Said}");
        }

        _process.WaitForExit();
        return (_process.ExitCode, _output.ToString().Trim(), _error.ToString().Trim());
    }

    /// <summary>Ends it as a crash would, unless it ends by itself before the time is up. Returns whether it had to.</summary>
    public async Task<bool> KillAfterAsync(TimeSpan time)
    {
        using var waiting = new CancellationTokenSource(time);
        try
        {
            await _process.WaitForExitAsync(waiting.Token);
            return false;
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            return true;
        }
    }

    /// <summary>What Ctrl-C sends.</summary>
    public void Interrupt() => Signal("-INT");

    /// <summary>What a cluster's scheduler sends.</summary>
    public void Terminate() => Signal("-TERM");

    /// <summary>SIGKILL: no goodbyes.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Holds it up, as a machine that sleeps or swaps would.</summary>
    public void Stop() => Signal("-STOP");

    /// <summary>Lets it go on where it was stopped.</summary>
    public void Continue() => Signal("-CONT");

    /// <summary>Waits until standard error holds a text.</summary>
    public async Task SaysAsync(string text)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            Task news;
            lock (_gate)
            {
                if (_error.ToString().Contains(text, StringComparison.Ordinal))
                    return;
                news = _news.Task;
            }

            Assert.True(waited.Elapsed < Limit && !_errorIsOver, $"it did not say '{text}': {Said}");
            await Task.WhenAny(news, Task.Delay(Limit - waited.Elapsed));
        }
    }

    /// <summary>Where it says that it shows its metrics.</summary>
    public async Task<Uri> MetricsAsync()
    {
        await SaysAsync("/metrics");
        return new Uri(Said.Split('\n').First(line => line.StartsWith("Metrics: ", StringComparison.Ordinal))["Metrics: ".Length..]);
    }

    void Signal(string name)
    {
        if (!_process.HasExited)
            Process.Start("kill", [name, _process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
    }

    /// <param name="line">Null at the end of what it says.</param>
    void Note(StringBuilder said, string? line)
    {
        lock (_gate)
        {
            said.AppendLine(line);
            _errorIsOver |= line is null && said == _error;
            _news.SetResult();
            _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
