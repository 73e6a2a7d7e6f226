using System.Globalization;
using System.Text.Json;
using HeadScope.Client.Sources;
using HeadScope.Data.Hub;
using HeadScope.Jobs;
using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Store.AzureStorage;
using Spectre.Console;

namespace HeadScope.Client.Output;

/// <summary>
/// What verbs tell people and machines: progress on standard error, live on a terminal and as occasional lines elsewhere; the
/// outcome on standard output, for people or as JSON.
/// </summary>
internal sealed class Report : IConsoleReport
{
    static readonly TimeSpan HeadsInterval = TimeSpan.FromSeconds(3);

    readonly bool _json;
    readonly IAnsiConsole _progress = AnsiConsole.Create(new AnsiConsoleSettings { Out = new DrawnOutput() });

    Report(bool json) => _json = json;

    public static Report For(bool json) => new(json);

    bool IsTerminal => _progress.Profile.Capabilities.Ansi && !Console.IsErrorRedirected;

    /// <summary>A line for people.</summary>
    public void Say(string line) => Console.Error.WriteLine(line);

    /// <summary>Does what needs models, and shows it if one is downloaded for it.</summary>
    public async Task<T> WithModelsAsync<T>(Func<ModelLocator, Task<T>> action)
    {
        var hub = HubOptions.FromEnvironment();
        if (_json)
            return await action(new ModelLocator(hub, TimeProvider.System)).ConfigureAwait(false);
        await using var display = new DownloadDisplay(Say, IsTerminal ? _progress : null, TimeProvider.System);
        return await action(new ModelLocator(hub, TimeProvider.System, display)).ConfigureAwait(false);
    }

    /// <summary>Shows a job's progress while it runs.</summary>
    public async Task<Manifest> WatchAsync(
        JobStore jobs, JobFolder folder, Func<IJobObserver, Task<Manifest>> run, CancellationToken cancellation)
    {
        var (spec, plan) = await jobs.ReadAsync(folder, cancellation).ConfigureAwait(false);
        var progress = new JobProgress(spec, plan, TimeProvider.System);
        try
        {
            await foreach (var (record, statistics) in jobs.CommittedAsync(folder, cancellation).ConfigureAwait(false))
                progress.Resume(record, statistics);
        }
        catch (InvalidDataException)
        {
            // What is shown of it stays incomplete; the reduction says what is wrong, and fails the job.
        }

        Say($"Job {folder.Id}: {TerminalText.Line(spec.Model.Name)}, {spec.Tokens.Rows:N0} rows of {spec.Tokens.Context} in " +
            $"{plan.Shards:N0} shards{(progress.RowsAtStart > 0 ? $", {progress.RowsAtStart:N0} rows done already" : "")}.");
        await using var display = Display(progress);
        return await run(progress).ConfigureAwait(false);
    }

    /// <summary>Shows a job that others work on until it ends, and returns what it is then.</summary>
    public async Task<JobView> FollowAsync(IJobSource jobs, string id, CancellationToken cancellation)
    {
        // The first status comes by the same way as the others: whoever follows a job waits for a server that is being started, too.
        var statuses = jobs.WatchAsync(id, cancellation).GetAsyncEnumerator(cancellation);
        await using var _ = statuses.ConfigureAwait(false);
        if (!await statuses.MoveNextAsync().ConfigureAwait(false))
            throw new InvalidOperationException($"{jobs.Location} tells nothing of job {id}.");
        var first = statuses.Current;
        if (first.State.HasEnded())
            return first;
        Say($"Job {id}: {TerminalText.Line(first.Model ?? "")}, {first.Rows:N0} rows of {first.Context} in {first.Shards:N0} " +
            $"shards{(first.ShardsCommitted > 0 ? $", {first.ShardsCommitted:N0} of them done already" : "")}.");
        var progress = new WatchedProgress(first, TimeProvider.System);
        await using var display = Display(progress);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var heads = IsTerminal ? FollowHeadsAsync(jobs, id, progress, stop.Token) : Task.CompletedTask;
        while (await statuses.MoveNextAsync().ConfigureAwait(false))
            progress.Take(statuses.Current);
        await stop.CancelAsync().ConfigureAwait(false);
        await heads.ConfigureAwait(false);
        return progress.Latest;
    }

    public void AlreadyDone(Manifest manifest, string output)
    {
        Warn(manifest.Summary);
        if (_json)
            WriteJson(manifest, output, null);
        else
            Console.Out.WriteLine($"Job {manifest.Job} is done already: its results are in {output}. Nothing to do (--force starts over).");
    }

    public void Done(Manifest manifest, string output, TimeSpan elapsed)
    {
        Warn(manifest.Summary);
        if (_json)
        {
            WriteJson(manifest, output, elapsed);
            return;
        }

        var tokens = (double)manifest.Tokens.Rows * manifest.Tokens.Context;
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Done in {elapsed.TotalSeconds:F1} s: {manifest.Summary.Positions:N0} positions a head, {tokens / elapsed.TotalSeconds:N0} " +
            $"tokens/s, mean loss {manifest.Summary.MeanLoss:F4}, peak memory {PeakMemory.MiB:N0} MiB."));
        Console.Out.WriteLine($"Results: {string.Join(", ", manifest.Files.Keys)} in {output}");
    }

    public void Pulled(Manifest manifest, string output, TimeSpan elapsed)
    {
        Warn(manifest.Summary);
        if (_json)
            WriteJson(manifest, output, elapsed);
        else
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Results: {string.Join(", ", manifest.Files.Keys)} in " +
                $"{output}, {manifest.Files.Values.Sum(file => file.Bytes) / 1e6:N1} MB in {elapsed.TotalSeconds:F1} s"));
    }

    /// <summary>How far a job is: all of it.</summary>
    public void Status(JobView status)
    {
        if (status.Summary is { } summary)
            Warn(summary);
        if (_json)
            Console.Out.WriteLine(JsonSerializer.Serialize(status, JobJson.Options));
        else
            Console.Out.WriteLine($"{Line(status)}{(status.Error is null || status.Model is null ? "" : $"\n  {status.Error}")}");
    }

    /// <summary>A job was deleted.</summary>
    public void Purged(string id)
    {
        if (_json)
            Console.Out.WriteLine(JsonSerializer.Serialize(new { id, deleted = true }, JobJson.Options));
        else
            Console.Out.WriteLine($"Job {id} and all it has made are deleted.");
    }

    /// <summary>How far several jobs are: a line for each.</summary>
    public void List(IReadOnlyList<JobView> jobs, string location)
    {
        if (_json)
            Console.Out.WriteLine(JsonSerializer.Serialize(jobs, JobJson.Options));
        else if (jobs.Count == 0)
            Say($"{location} holds no jobs.");
        foreach (var status in _json ? [] : jobs)
            Console.Out.WriteLine(Line(status));
    }

    /// <summary>What people should know of results before they believe them.</summary>
    void Warn(JobSummary summary)
    {
        foreach (var warning in summary.Warnings)
            Say($"Warning: {warning}");
    }

    IAsyncDisposable Display(IJobFigures figures) =>
        IsTerminal ? new LiveDisplayTask(_progress, figures) : new MilestoneLines(Say, figures, TimeProvider.System);

    static async Task FollowHeadsAsync(IJobSource jobs, string id, WatchedProgress progress, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                progress.Take(await jobs.PreviewAsync(id, stop).ConfigureAwait(false));
                await Task.Delay(HeadsInterval, stop).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // Without the heads, the progress still tells how far the job is.
            }
        }
    }

    static string Line(JobView status) => string.Create(CultureInfo.InvariantCulture,
        $"{status.Id}  {JsonNamingPolicy.SnakeCaseLower.ConvertName(status.State.ToString()),-10}  " +
        $"{(status.Model is null ? status.Error : Shards(status))}");

    static string Shards(JobView status) =>
        string.Create(CultureInfo.InvariantCulture, $"{status.ShardsCommitted,5:N0} of {status.Shards:N0} shards  " +
            $"{TerminalText.Line(status.Model ?? "")}, {status.Rows:N0} rows of {status.Context}");

    static void WriteJson(Manifest manifest, string output, TimeSpan? elapsed) => Console.Out.WriteLine(JsonSerializer.Serialize(new
    {
        job = manifest.Job,
        state = "done",
        output = AzureLocation.Matches(output) ? output : Path.GetFullPath(output),
        seconds = elapsed?.TotalSeconds,
        peak_memory_mib = PeakMemory.MiB,
        summary = manifest.Summary,
        files = manifest.Files,
    }, JobJson.Options));
}
