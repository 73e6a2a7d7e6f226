using System.Collections.Concurrent;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Telemetry;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Pool;

/// <summary>
/// Works on all jobs of a store with one set of workers. A worker that is free turns to the job of the highest priority that has
/// something to do; among equals, to the one that fewest workers are at. Others may work on the same jobs, in this way or as
/// <see cref="LocalEngine"/>.
/// </summary>
/// <param name="work">Says which jobs there are and who hands out their units.</param>
/// <param name="report">Told what went wrong with a job; the pool goes on with the others.</param>
public sealed class JobPool(JobStore jobs, EngineOptions options, TimeProvider time, Action<JobFolder, Exception> report, IPoolWork work) : IJobEngine
{
    /// <summary>How often to look for jobs that came, ended, or were changed by others.</summary>
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    readonly JobStatusReader _reader = new(jobs, time);
    readonly ConcurrentDictionary<string, PooledJob> _open = new();
    readonly SemaphoreSlim _wake = new(0);
    readonly Dictionary<string, string> _told = []; // why jobs are left alone, once rather than at every look

    public double? TokensPerSecond(JobFolder folder) => _open.GetValueOrDefault(folder.Id)?.TokensPerSecond;

    public void Wake(JobFolder folder)
    {
        work.Changed(folder);
        LookAgain();
    }

    /// <summary>Looks at the jobs now rather than later: somebody else was told of a change.</summary>
    public void LookAgain() => _wake.Release();

    public async Task RunAsync(CancellationToken drain, CancellationToken cancellation)
    {
        JobInstruments.Announce(); // an alarm on what changes needs what it changed from
        var places = options.Devices.Select(device => new Workplace(device)).ToList();
        using var models = new ResidentModels(options.ResidentModels, options.Threads);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(drain, cancellation);
        var looking = LookAsync(stop.Token);
        try
        {
            var workers = places.SelectMany(place => Enumerable.Repeat(place, options.WorkersOn(place.Device)));
            await Task.WhenAll(workers.Select((place, i) => Task.Run(async () =>
            {
                using var worker = new PoolWorker(LocalEngine.WorkerName(i), this, models, place, options.ThreadsOfWorker(place.Device), time);
                await worker.RunAsync(stop.Token, cancellation).ConfigureAwait(false);
            }, CancellationToken.None))).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await looking.ConfigureAwait(false);
            foreach (var job in _open.Values)
                await job.CloseAsync().ConfigureAwait(false);
            _open.Clear();
            foreach (var place in places)
                place.Dispose();
        }
    }

    /// <summary>The open jobs, the one first whose turn it is.</summary>
    internal IEnumerable<PooledJob> InTurn() =>
        _open.Values.Where(job => job.IsOpen).OrderByDescending(job => job.Control.Priority).ThenBy(job => job.Workers).ThenBy(job => job.LastTurn).ThenBy(job => job.Rank);

    internal IPoolWork Work => work;

    internal void Report(JobFolder folder, Exception cause) => report(folder, cause);

    /// <summary>A job has ended, well or not.</summary>
    internal async Task CloseAsync(JobFolder folder, Exception? cause)
    {
        work.Ended(folder);
        if (!_open.TryRemove(folder.Id, out var job))
            return;
        if (cause is not null)
        {
            job.Session.Left(cause);
            report(folder, cause);
        }

        await job.CloseAsync().ConfigureAwait(false);
    }

    /// <summary>Nobody can work on a job as it is: everyone should know.</summary>
    internal async Task FailAsync(JobFolder folder, Exception cause)
    {
        var failure = new JobFailure("inputs", 1, $"{cause.Message} Mend the cause and submit the job again.", time.GetUtcNow());
        try
        {
            await jobs.Blobs.TryCreateAsync(folder.Failed, JobJson.Write(failure), CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The next look finds the same and says so then.
        }

        var stopped = new JobStoppedException(failure.Message, cause);
        if (_open.ContainsKey(folder.Id))
            await CloseAsync(folder, stopped).ConfigureAwait(false);
        else
            report(folder, stopped);
        work.Ended(folder);
    }

    /// <summary>Opens jobs as they come and closes those that have ended, until told to stop.</summary>
    async Task LookAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                try
                {
                    var active = await work.InTurnAsync(stop).ConfigureAwait(false);
                    foreach (var (job, rank) in active.Select((job, rank) => (job, rank)))
                        await OpenAsync(job, rank, stop).ConfigureAwait(false);
                    foreach (var id in _open.Keys.Except(active.Select(job => job.Folder.Id)))
                        await LookAtEndAsync(new JobFolder(id), stop).ConfigureAwait(false);
                }
                catch (IOException)
                {
                    // A store that fails now may answer at the next look.
                }

                await _wake.WaitAsync(LookInterval, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    async Task OpenAsync(ActiveJob active, int rank, CancellationToken stop)
    {
        try
        {
            if (active.Fault is { } fault)
                throw new InvalidDataException(fault);
            if (!_open.TryGetValue(active.Folder.Id, out var job))
            {
                var rows = new PooledJob.Rows(time);
                var (spec, _) = await jobs.ReadAsync(active.Folder, stop).ConfigureAwait(false);
                if (options.DevicesFor(spec).Count == 0)
                {
                    // Others may have what it needs.
                    Tell(active.Folder, options.NoDeviceFor(spec));
                    return;
                }

                var session = await Task.Run(
                    () => JobSession.OpenAsync(jobs, active.Folder, options, rows, time, stop, units => work.DispatcherOf(active.Folder, units)), stop).ConfigureAwait(false);
                job = _open.GetOrAdd(active.Folder.Id, new PooledJob(session, rows, time));
                _told.Remove(active.Folder.Id);
            }

            (job.Control, job.Rank) = (active.Control, rank);
        }
        catch (Exception e) when (e is InvalidDataException or UnauthorizedAccessException)
        {
            await FailAsync(active.Folder, e).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            // Other jobs need not suffer; this one is looked at again.
            Tell(active.Folder, e);
        }
    }

    void Tell(JobFolder folder, Exception cause)
    {
        if (_told.GetValueOrDefault(folder.Id) != cause.Message)
            report(folder, cause);
        _told[folder.Id] = cause.Message;
    }

    /// <summary>Closes a job that is no longer to be worked on, unless that was said of it before it was reopened.</summary>
    async Task LookAtEndAsync(JobFolder folder, CancellationToken stop)
    {
        var (ended, _) = await _reader.ReadStateAsync(folder, stop).ConfigureAwait(false);
        if (ended is null && await jobs.IsWholeAsync(folder, stop).ConfigureAwait(false))
            return;
        var what = ended is { } state ? $"{state.ToString().ToLowerInvariant()} elsewhere" : "deleted";
        await CloseAsync(folder, ended == JobState.Done ? null : new JobStoppedException($"The job {folder.Id} was {what}.") { Cancelled = ended != JobState.Failed })
            .ConfigureAwait(false);
    }
}
