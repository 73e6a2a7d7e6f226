using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace HeadScope.Client.Output;

/// <summary>Progress on a terminal: a bar, the rate, what is left, and the leading heads so far.</summary>
internal sealed class LiveDisplayTask : IAsyncDisposable
{
    public const int HeadsShown = 5;

    const int BarWidth = 40;

    readonly CancellationTokenSource _stop = new();
    readonly Task _task;

    public LiveDisplayTask(IAnsiConsole console, IJobFigures progress) => _task = console.Live(Render(progress)).AutoClear(true).StartAsync(async context =>
    {
        while (!_stop.IsCancellationRequested)
        {
            context.UpdateTarget(Render(progress));
            await Task.Delay(500).ConfigureAwait(false);
        }
    });

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _task.ConfigureAwait(false);
        _stop.Dispose();
    }

    static IRenderable Render(IJobFigures progress)
    {
        var filled = (int)(progress.Share * BarWidth);
        var state = progress.IsReducing ? "reducing" : progress.IsPaused ? "paused" : string.Create(CultureInfo.InvariantCulture,
            $"{progress.TokensPerSecond:N0} tokens/s, {(progress.Remaining is { } left ? $"{left:hh\\:mm\\:ss} left" : "starting")}{(progress.Failures > 0 ? $", {progress.Failures} retries" : "")}");
        var bar = new Markup(string.Create(CultureInfo.InvariantCulture,
            $"[blue]{new string('━', filled)}[/][grey]{new string('━', BarWidth - filled)}[/] {progress.Share:P1}  " +
            $"{progress.ShardsCommitted:N0}/{progress.Shards:N0} shards  {state}"));
        var leading = progress.TopHeads(HeadsShown);
        if (leading.Heads.Count == 0)
            return bar;
        var table = new Table().Border(TableBorder.Simple).AddColumns(["head (so far)", .. leading.Scores]);
        foreach (var (label, values) in leading.Heads)
            table.AddRow([label, .. values.Select(value => value.ToString("F4", CultureInfo.InvariantCulture))]);
        return new Rows(bar, table);
    }
}
