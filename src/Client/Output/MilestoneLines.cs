using System.Globalization;

namespace HeadScope.Client.Output;

/// <summary>Progress where there is no terminal: a line for each tenth of the way, and at least one in half a minute.</summary>
internal sealed class MilestoneLines : IAsyncDisposable
{
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    readonly CancellationTokenSource _stop = new();
    readonly Task _task;

    public MilestoneLines(Action<string> say, IJobFigures progress, TimeProvider time) => _task = RunAsync(say, progress, time);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _task.ConfigureAwait(false);
        _stop.Dispose();
    }

    async Task RunAsync(Action<string> say, IJobFigures progress, TimeProvider time)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(0.5), time);
        var tenths = (int)(progress.Share * 10);
        var (reducing, paused) = (false, false);
        var last = time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                var reached = (int)(progress.Share * 10);
                if (progress.IsReducing && !reducing)
                    say("All shards are in; reducing.");
                else if (progress.IsPaused && !paused)
                    say("The job is paused: 'headscope resume' lets it go on.");
                else if (!progress.IsReducing && (reached > tenths || time.GetElapsedTime(last) >= Longest))
                    say(Line(progress));
                else
                    continue;
                (tenths, reducing, paused, last) = (reached, progress.IsReducing, progress.IsPaused, time.GetTimestamp());
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    static string Line(IJobFigures progress) => string.Create(CultureInfo.InvariantCulture,
        $"{progress.Share:P0}: {progress.ShardsCommitted:N0} of {progress.Shards:N0} shards, {progress.TokensPerSecond:N0} tokens/s{(progress.Remaining is { } left ? $", {left:hh\\:mm\\:ss} left" : "")}{(progress.Failures > 0 ? $", {progress.Failures} retries" : "")}");
}
