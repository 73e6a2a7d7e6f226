using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Telemetry;
using HeadScope.ModelCore.Compute.Managed;

namespace HeadScope.Jobs.Work;

/// <summary>
/// Workers in this process, on the managed backend, for one job. Any number of such engines, on any machines, may work on one job in one store.
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
        using var loader = new ManagedBackend(options.Threads);
        using var model = session.LoadModel(loader);
        var workers = Math.Min(options.Workers, session.Leases.Units);
        var running = Enumerable.Range(0, workers).Select(i => Task.Run(async () =>
        {
            using var backend = new ManagedBackend(Math.Max(1, options.Threads / workers));
            using var working = WorkerInstruments.Working(backend.Description, () => Environment.WorkingSet);
            try
            {
                await session.CreateWorker(WorkerName(i), model, backend).RunAsync(stop.Token).ConfigureAwait(false);
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
