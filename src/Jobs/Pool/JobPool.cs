using System.Collections.Concurrent;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Pool;

/// <summary>
/// Works on all jobs of a store with one set of workers. A worker that is free turns to the job of the highest priority that has
/// something to do; among equals, to the one that fewest workers are at. Others may work on the same jobs, in this way or as
/// <see cref="LocalEngine"/>.
/// </summary>
/// <param name="report">Told what went wrong with a job; the pool goes on with the others.</param>
public sealed class JobPool(JobStore jobs, EngineOptions options, TimeProvider time, Action<JobFolder, Exception> report) : IJobEngine
{
    /// <summary>How often to look for jobs that came, ended, or were changed by others.</summary>
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    /// <summary>How often to look at jobs that had ended: somebody may have reopened them.</summary>
    static readonly TimeSpan EndedInterval = TimeSpan.FromSeconds(30);

    readonly JobStatusReader _reader = new(jobs, time);
    readonly ConcurrentDictionary<string, PooledJob> _open = new();
    readonly ConcurrentDictionary<string, long> _ended = new(); // when that was found
    readonly SemaphoreSlim _wake = new(0);

    public double? TokensPerSecond(JobFolder folder) => _open.GetValueOrDefault(folder.Id)?.TokensPerSecond;

    public void Wake(JobFolder folder)
    {
        _ended.TryRemove(folder.Id, out _);
        _wake.Release();
    }

    public async Task RunAsync(CancellationToken drain, CancellationToken cancellation)
    {
        var places = options.Devices.Select(device => new Workplace(device)).ToList();
        using var models = new ResidentModels(options.ResidentModels * places.Count, options.Threads);
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
        _open.Values.Where(job => job.IsOpen).OrderByDescending(job => job.Control.Priority).ThenBy(job => job.Workers).ThenBy(job => job.LastTurn);

    internal void Report(JobFolder folder, Exception cause) => report(folder, cause);

    /// <summary>A job has ended, well or not.</summary>
    internal async Task CloseAsync(JobFolder folder, Exception? cause)
    {
        _ended[folder.Id] = time.GetTimestamp();
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
        _ended[folder.Id] = time.GetTimestamp();
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
                    foreach (var id in await jobs.ListAsync(stop).ConfigureAwait(false))
                        await LookAtAsync(new JobFolder(id), stop).ConfigureAwait(false);
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

    /// <summary>A job is for others, who have the devices it needs.</summary>
    async Task LeaveAsync(JobFolder folder, JobSession session)
    {
        await using (session.ConfigureAwait(false))
        {
            try
            {
                options.DevicesFor(session.Spec);
            }
            catch (InvalidDataException e)
            {
                report(folder, e);
            }
        }

        _ended[folder.Id] = time.GetTimestamp();
    }

    async Task LookAtAsync(JobFolder folder, CancellationToken stop)
    {
        var job = _open.GetValueOrDefault(folder.Id);
        if (job is null && _ended.TryGetValue(folder.Id, out var since) && time.GetElapsedTime(since) < EndedInterval)
            return;
        try
        {
            var (ended, control) = await _reader.ReadStateAsync(folder, stop).ConfigureAwait(false);
            if (ended is { } state)
            {
                await CloseAsync(folder, state == JobState.Done ? null : new JobStoppedException($"The job {folder.Id} was {state.ToString().ToLowerInvariant()} elsewhere.") { Cancelled = state == JobState.Cancelled })
                    .ConfigureAwait(false);
                return;
            }

            if (job is null)
            {
                var rows = new PooledJob.Rows(time);
                var session = await Task.Run(() => JobSession.OpenAsync(jobs, folder, options, rows, time, stop), stop).ConfigureAwait(false);
                if (!options.Devices.Any(device => device.Supports(session.Spec.Precision)))
                {
                    await LeaveAsync(folder, session).ConfigureAwait(false);
                    return;
                }

                job = _open.GetOrAdd(folder.Id, new PooledJob(session, rows, time));
            }

            job.Control = control;
        }
        catch (Exception e) when (e is InvalidDataException or UnauthorizedAccessException)
        {
            await FailAsync(folder, e).ConfigureAwait(false);
        }
    }
}
