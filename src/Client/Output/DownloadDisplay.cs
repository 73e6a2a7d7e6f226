using System.Globalization;
using HeadScope.Data.Hub;
using HeadScope.Jobs;
using Spectre.Console;

namespace HeadScope.Client.Output;

/// <summary>Downloads as they go: a bar on a terminal; elsewhere a line for each tenth of the way, or half a minute.</summary>
internal sealed class DownloadDisplay : IProgress<HubProgress>, IAsyncDisposable
{
    const int BarWidth = 40;

    static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    readonly Action<string> _say;
    readonly TimeProvider _time;
    readonly CancellationTokenSource _stop = new();
    readonly Task? _bar;
    HubProgress? _latest;
    string _message = "";
    long _started;
    long _lastLine;
    int _tenths;

    /// <param name="terminal">Where to draw the bar; null to say lines only.</param>
    public DownloadDisplay(Action<string> say, IAnsiConsole? terminal, TimeProvider time)
    {
        (_say, _time) = (say, time);
        _bar = terminal is null ? null : DrawAsync(terminal);
    }

    public void Report(HubProgress value)
    {
        var begins = value.TotalBytes > 0 && value.TotalBytes != _latest?.TotalBytes;
        if (value.Message is { } message)
        {
            if (_bar is null || value.Files == 0)
                _say(message);
            Volatile.Write(ref _message, message);
        }

        if (begins)
        {
            if (_bar is null)
                _say(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Downloading {value.Repository}: {value.Files} file{(value.Files == 1 ? "" : "s")}, {Size(value.TotalBytes)}."));
            (_started, _lastLine, _tenths) = (_time.GetTimestamp(), _time.GetTimestamp(), 0);
        }

        Volatile.Write(ref _latest, value);
        var tenths = (int)(10 * Share(value));
        var since = _time.GetElapsedTime(_lastLine);
        if (_bar is not null || value.TotalBytes == 0 || !(since >= Longest || (tenths > _tenths && since >= Shortest)))
            return;
        _say(string.Create(
            CultureInfo.InvariantCulture, $"{Share(value):P0}: {Size(value.Bytes)} of {Size(value.TotalBytes)}{Rate(value)}"));
        (_tenths, _lastLine) = (tenths, _time.GetTimestamp());
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_bar is not null)
            await _bar.ConfigureAwait(false);
        _stop.Dispose();
    }

    async Task DrawAsync(IAnsiConsole terminal)
    {
        while (Volatile.Read(ref _latest) is not { Files: > 0 })
        {
            if (_stop.IsCancellationRequested)
                return;
            await Task.Delay(50).ConfigureAwait(false);
        }

        await terminal.Live(Bar()).AutoClear(true).StartAsync(async context =>
        {
            while (!_stop.IsCancellationRequested)
            {
                context.UpdateTarget(Bar());
                await Task.Delay(200).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
    }

    Rows Bar()
    {
        var progress = _latest!;
        var filled = (int)(Share(progress) * BarWidth);
        return new Rows(
            new Markup(string.Create(CultureInfo.InvariantCulture,
                $"[blue]{new string('━', filled)}[/][grey]{new string('━', BarWidth - filled)}[/] {Share(progress):P1}  " +
                $"{Size(progress.Bytes)} of {Size(progress.TotalBytes)}  {progress.FilesDone}/{progress.Files} files{Rate(progress)}")),
            new Text(TerminalText.Line(Volatile.Read(ref _message)), new Style(Color.Grey)));
    }

    /// <summary>From 0 to 1.</summary>
    static double Share(HubProgress progress) => progress.TotalBytes == 0 ? 0 : Math.Min(1, progress.Bytes / (double)progress.TotalBytes);

    string Rate(HubProgress progress)
    {
        var seconds = _time.GetElapsedTime(_started).TotalSeconds;
        return seconds < 0.1 ? "" : $", {Size(progress.Bytes / seconds)}/s";
    }

    static string Size(double bytes) => bytes switch
    {
        >= 1e9 => $"{bytes / 1e9:F2} GB",
        >= 1e6 => $"{bytes / 1e6:F1} MB",
        _ => $"{bytes / 1e3:F0} kB",
    };
}
