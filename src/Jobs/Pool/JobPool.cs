using System.Collections.Concurrent;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Pool;

/// <summary>
/// Works on all jobs of a store with one set of workers. A worker that is free turns to the job of the highest priority that has
/// something to do; among equals, to the one that fewest workers are at. Others may work on the same jobs, in this way or as
/// <see cref="LocalEngine"/>.
/// </summary>
/// <param name="work">Says which jobs there are and who hands out their units.</param>
/// <param name="report">Told what went wrong with a job; the pool goes on with the others.</param>
public sealed class JobPool(
    JobStore jobs, EngineOptions options, TimeProvider time, Action<JobFolder, Exception> report, IPoolWork work) : IJobEngine
{
    /// <summary>How often to look for jobs that came, ended, or were changed by others.</summary>
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    readonly JobStatusReader _reader = new(jobs, time);
    readonly ConcurrentDictionary<string, PooledJob> _open = new();
    readonly SemaphoreSlim _wake = new(0);
    readonly UnreadableJobs _unreadable = new(time);
    volatile bool _isDrained;
    readonly ConcurrentDictionary<string, string> _told = new(); // why jobs are left alone, once rather than at every look

    public bool IsDrained => _isDrained;

    public double? TokensPerSecond(JobFolder folder) => _open.GetValueOrDefault(folder.Id)?.TokensPerSecond;

    public void Wake(JobFolder folder)
    {
        work.Changed(folder);
        _unreadable.LookSoon(folder);
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
        using var draining = stop.Token.Register(() => _isDrained = true);
        try
        {
            var workers = places.SelectMany(place => Enumerable.Repeat(place, options.WorkersOn(place.Device))).Select((place, i) => UntilOneFailsAsync(async () =>
            {
                using var worker = new PoolWorker(
                    LocalEngine.WorkerName(i), this, models, place, options.ThreadsOfWorker(place.Device), time);
                await worker.RunAsync(stop.Token, cancellation).ConfigureAwait(false);
            }));
            await Task.WhenAll(workers.Append(UntilOneFailsAsync(() => LookAsync(stop.Token)))).ConfigureAwait(false);
        }
        finally
        {
            foreach (var job in _open.Values)
                await job.CloseAsync().ConfigureAwait(false);
            _open.Clear();
            foreach (var place in places)
                place.Dispose();
        }

        // What is no job's fault ends all: a pool that has lost a worker, or looks for jobs no more, must not seem to work.
        Task UntilOneFailsAsync(Func<Task> part) => Task.Run(async () =>
        {
            try
            {
                await part().ConfigureAwait(false);
            }
            catch
            {
                await stop.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }, CancellationToken.None);
    }

    /// <summary>The open jobs, the one first whose turn it is.</summary>
    internal IEnumerable<PooledJob> InTurn() =>
        _open.Values.Where(job => job.IsOpen).OrderByDescending(job => job.Control.Priority).ThenBy(job => job.Workers)
            .ThenBy(job => job.LastTurn).ThenBy(job => job.Rank);

    internal IPoolWork Work => work;

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

    /// <summary>A job cannot be read: it is left as it is, for a version that can, or for somebody to mend or delete it.</summary>
    internal async Task SetApartAsync(JobFolder folder, IOException cause)
    {
        if (_unreadable.Note(folder, cause.Message))
            report(folder, cause);
        if (!_open.TryRemove(folder.Id, out var job))
            return;
        job.Session.Left(cause);
        await job.CloseAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Nobody can work on a job as it is, or a fault came of it that nobody foresaw: everyone should know. Ends the job, and nothing else.
    /// </summary>
    internal async Task FailAsync(JobFolder folder, Exception cause)
    {
        JobStoppedException why;
        try
        {
            var presence = await JobPresence.NoteAsync(jobs.Blobs, folder, CancellationToken.None).ConfigureAwait(false);
            why = await new JobFailures(jobs.Blobs, folder, presence, time).FailAsync("job", 1, "", cause, CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The store, most likely. The next look finds the same and says so then.
            why = new JobStoppedException($"{cause.Message.TrimEnd('.')}. That could not be stored: {e.Message}", cause);
        }
        if (_open.ContainsKey(folder.Id))
            await CloseAsync(folder, why).ConfigureAwait(false);
        else
            report(folder, why);
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
                    _unreadable.Keep(active.Select(job => job.Folder.Id));
                }
                catch (IOException)
                {
                    // A store that fails now may answer at the next look.
                }

                await _wake.WaitAsync(LookInterval, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    async Task OpenAsync(ActiveJob active, int rank, CancellationToken stop)
    {
        try
        {
            if (active.Fault is { } fault)
            {
                if (active.MayPass)
                    Tell(active.Folder, new StoreException(fault));
                else
                    await SetApartAsync(active.Folder, new IOException(fault)).ConfigureAwait(false);
                return;
            }

            if (!_open.TryGetValue(active.Folder.Id, out var job))
            {
                // All that people see of it is read, not only what the work needs: what is listed as unreadable is left alone.
                if (_unreadable.WhyNot(active.Folder) is not null
                    || await _reader.TryReadAsync(active.Folder, stop).ConfigureAwait(false) is not { Spec: var spec })
                    return;
                var rows = new PooledJob.Rows(time);
                if ((options.DevicesFor(spec).Count == 0 ? options.NoDeviceFor(spec) : options.WhyNotHere(spec)) is { } reason)
                {
                    // Others may have what it needs.
                    Tell(active.Folder, reason);
                    return;
                }

                var session = await Task.Run(
                    () => JobSession.OpenAsync(jobs, active.Folder, options, rows, time, stop, units => work.DispatcherOf(active.Folder, units)), stop).ConfigureAwait(false);
                job = _open.GetOrAdd(active.Folder.Id, new PooledJob(session, rows, time, cause => report(active.Folder, cause)));
                _told.TryRemove(active.Folder.Id, out _);
                _unreadable.Forget(active.Folder);
            }

            (job.Control, job.Rank) = (active.Control, rank);
        }
        catch (UnreadableBlobException e)
        {
            await SetApartAsync(active.Folder, e).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            // Other jobs need not suffer; this one is looked at again.
            Tell(active.Folder, e);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            await FailAsync(active.Folder, e).ConfigureAwait(false);
        }
    }

    /// <summary>Why a job is left alone for now, said once.</summary>
    internal void Tell(JobFolder folder, Exception cause)
    {
        if (_told.GetValueOrDefault(folder.Id) != cause.Message)
            report(folder, cause);
        _told[folder.Id] = cause.Message;
    }

    /// <summary>Closes a job that is no longer to be worked on, unless that was said of it before it was reopened.</summary>
    async Task LookAtEndAsync(JobFolder folder, CancellationToken stop)
    {
        try
        {
            var (ended, _) = await _reader.ReadStateAsync(folder, stop).ConfigureAwait(false);
            if (ended is null && await jobs.IsWholeAsync(folder, stop).ConfigureAwait(false))
                return;
            if (ended != JobState.Done)
                await JobUnits.ThrowIfStoppedAsync(jobs.Blobs, folder, stop).ConfigureAwait(false);
            await CloseAsync(folder, null).ConfigureAwait(false);
        }
        catch (JobStoppedException e)
        {
            await CloseAsync(folder, e).ConfigureAwait(false);
        }
        catch (UnreadableBlobException e)
        {
            await SetApartAsync(folder, e).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            Tell(folder, e);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            await FailAsync(folder, e).ConfigureAwait(false);
        }
    }
}
