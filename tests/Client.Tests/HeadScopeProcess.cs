using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace HeadScope.Client.Tests;

/// <summary>The program, started as its users start it.</summary>
internal sealed class HeadScopeProcess : IDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    readonly Process _process;
    readonly StringBuilder _output = new();
    readonly StringBuilder _error = new();

    HeadScopeProcess(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment, string? folder = null)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? "" };
        start.ArgumentList.Add(Program("headscope"));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => _output.AppendLine(line.Data);
        _process.ErrorDataReceived += (_, line) => _error.AppendLine(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>A program as it lies beside the tests.</summary>
    public static string Program(string name) => Path.Combine(AppContext.BaseDirectory, $"{name}.dll");

    public static HeadScopeProcess Start(params string[] arguments) => new(arguments, null);

    public static HeadScopeProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments) => new(arguments, environment);

    /// <param name="folder">Where it runs.</param>
    public static HeadScopeProcess StartIn(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments) => new(arguments, environment, folder);

    /// <summary>Runs to the end.</summary>
    public static Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) => RunAsync(new Dictionary<string, string>(), arguments);

    public static async Task<(int Code, string Output, string Error)> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
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
            Assert.Fail($"headscope did not end within {Limit}: {_output}{_error}");
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

    /// <summary>Waits until standard error holds a text.</summary>
    public async Task SaysAsync(string text)
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < Limit && !_error.ToString().Contains(text, StringComparison.Ordinal) && !_process.HasExited;)
            await Task.Yield();
        Assert.Contains(text, _error.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Where it says that it shows its metrics.</summary>
    public async Task<Uri> MetricsAsync()
    {
        await SaysAsync("/metrics");
        return new Uri(_error.ToString().Split('\n').First(line => line.StartsWith("Metrics: ", StringComparison.Ordinal))["Metrics: ".Length..]);
    }

    void Signal(string name) => Process.Start("kill", [name, _process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
