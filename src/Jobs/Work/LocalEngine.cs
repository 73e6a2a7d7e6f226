using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Records;

namespace HeadScope.Jobs.Work;

/// <summary>
/// Workers in this process for one job. Any number of such engines, on any machines, may work on one job in one store.
/// </summary>
public sealed class LocalEngine(JobStore jobs, EngineOptions options, TimeProvider time)
{
    static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(0.5);

    /// <summary>Works on a job until it is done, and returns its manifest.</summary>
    /// <exception cref="JobStoppedException">The job failed or was cancelled.</exception>
    /// <exception cref="InvalidDataException">The job's blobs or inputs are not what they were.</exception>
    public async Task<Manifest> RunAsync(JobFolder folder, IJobObserver observer, CancellationToken cancellation)
    {
        await using var session = await JobSession.OpenAsync(jobs, folder, options, observer, time, cancellation).ConfigureAwait(false);
        Activity.Current = session.Span;
        try
        {
            await session.Leases.RefreshAsync(cancellation).ConfigureAwait(false);
            if (!session.Leases.IsComplete)
                await ScoreAsync(session, cancellation).ConfigureAwait(false);
            while (true)
            {
                if (await session.TryReduceAsync(cancellation).ConfigureAwait(false) is { } manifest)
                    return manifest;
                await Task.Delay(PollInterval, time, cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            session.Left(e);
            throw;
        }
    }

    async Task ScoreAsync(JobSession session, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var loaded = new List<LoadedDevice>();
        try
        {
            var devices = options.DevicesFor(session.Spec);
            if (devices.Count == 0)
                throw options.NoDeviceFor(session.Spec);
            foreach (var device in devices.Take(session.Leases.Units))
                loaded.Add(await LoadedDevice.LoadAsync(session, device, options.Threads).ConfigureAwait(false));
            await ScoreAsync(session, loaded, stop).ConfigureAwait(false);
        }
        finally
        {
            foreach (var device in loaded)
                device.Dispose();
        }
    }

    async Task ScoreAsync(JobSession session, List<LoadedDevice> loaded, CancellationTokenSource stop)
    {
        var workers = loaded.SelectMany(
            device => Enumerable.Repeat(device, Math.Min(options.WorkersOn(device.Place.Device), session.Leases.Units)));
        var running = workers.Select((device, i) => Task.Run(async () =>
        {
            using var backend = device.Place.Device.Open(
                options.ThreadsOfWorker(device.Place.Device, session.Leases.Units), session.Spec.Precision);
            using var working = WorkerInstruments.Working(backend.Description, () => device.Place.Device.Memory.Used);
            try
            {
                var name = WorkerName(i);
                await session.CreateWorker(name, device.Model, backend, device.Place.AddWorker(name)).RunAsync(stop.Token)
                    .ConfigureAwait(false);
            }
            catch
            {
                await stop.CancelAsync().ConfigureAwait(false); // one worker's fault ends the others' work too
                throw;
            }
        })).ToArray();
        try
        {
            await Task.WhenAll(running).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The fault that made the others stop says more than their stopping.
            if (running.Select(task => task.Exception?.InnerException).FirstOrDefault(e => e is not null) is { } cause)
                ExceptionDispatchInfo.Throw(cause);
            throw;
        }
    }

    internal static string WorkerName(int index) =>
        string.Create(CultureInfo.InvariantCulture, $"{ProcessIdentity.Current.Host}/{ProcessIdentity.Current.ProcessId}/{index}");
}
