using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using HeadScope.Jobs;
using HeadScope.Jobs.Claims;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Telemetry;
using HeadScope.Jobs.Work;

namespace HeadScope.Benchmarks;

/// <summary>
/// How many workers leases can serve: workers that lease a shard, sleep in place of scoring it, commit a blob of a shard's size of
/// statistics, and say so, until all are done. The processes they belong to are simulated: each has its own ledger and claims.
/// </summary>
public static class Scale
{
    const int StatisticsBytes = 4096;
    const int Parts = 10;

    /// <summary>How the workers of one process get their shards.</summary>
    /// <param name="Leases">The process's own.</param>
    /// <param name="RenewAsync">Says that all of them are alive.</param>
    public sealed record Process(IUnitLeases Leases, Func<Task> RenewAsync);

    /// <summary>Claims in a file store, for processes that know nothing of one another.</summary>
    public static async Task RunOnClaimsAsync(int workers, int processes, int shards, TimeSpan sleep, string folder)
    {
        var (store, job, plan) = await PrepareAsync(shards, folder);
        var duration = BlobClaims.DefaultDuration;
        await RunAsync($"claims in {folder}", workers, shards, sleep, store, job, null, [.. Enumerable.Range(0, processes).Select(i =>
        {
            // Of another machine each: nobody can see in the list of processes that it has ended.
            var identity = ProcessIdentity.Current with { Host = $"host-{i}", Scope = $"host-{i}" };
            var claims = new BlobClaims(store, job, TimeProvider.System, duration, identity);
            return new Process(new ShardLedger(store, job, plan, claims, weightsColumns: false, TimeProvider.System), () => claims.RenewAsync(default));
        })]);
    }

    /// <summary>A store with a job's folder in it, and no more of the job than leases need.</summary>
    public static async Task<(IBlobStore Store, JobFolder Job, JobPlan Plan)> PrepareAsync(int shards, string folder)
    {
        var store = new MeteredBlobStore(new FileBlobStore(folder));
        var job = new JobFolder(Random.Shared.NextInt64().ToString("x16", CultureInfo.InvariantCulture));
        var plan = new JobPlan(shards, ShardRows: 1);
        await store.WriteAsync(job.Plan, JobJson.Write(plan));
        return (store, job, plan);
    }

    /// <param name="coordinator">The process that keeps the leases, where it is not this one.</param>
    public static async Task RunAsync(
        string what, int workers, int shards, TimeSpan sleep, IBlobStore store, JobFolder job, System.Diagnostics.Process? coordinator, IReadOnlyList<Process> processes)
    {
        Console.WriteLine($"{workers} workers in {processes.Count} processes, {shards} shards of {sleep.TotalSeconds} s, {what}");
        Console.WriteLine("   done  shards/s  of what they could  requests/shard  ms CPU/shard  lease p50 ms  p99 ms  MiB");
        var requests = 0L;
        using var listener = new MeterListener { InstrumentPublished = (instrument, self) => { if (instrument.Meter.Name == StoreInstruments.MeterName) self.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref requests));
        listener.Start();

        var (done, twice) = (0, 0);
        var waits = new List<double>();
        var content = new byte[StatisticsBytes];
        var (last, lastRequests, lastCpu) = (Stopwatch.GetTimestamp(), 0L, Cpu());
        var started = last;
        using var end = new CancellationTokenSource();
        var renewals = processes.Select(process => Task.Run(async () =>
        {
            using var timer = new PeriodicTimer(BlobClaims.DefaultDuration / 4);
            while (!end.IsCancellationRequested && await timer.WaitForNextTickAsync(end.Token))
                await process.RenewAsync();
        })).ToList();
        await Task.WhenAll(Enumerable.Range(0, workers).Select(i => Task.Run(() => WorkAsync(processes[i % processes.Count].Leases, $"worker-{i}"))));
        await end.CancelAsync();
        await Task.WhenAll(renewals).ContinueWith(_ => { }, TaskScheduler.Default);
        Console.WriteLine($"{shards} shards in {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s, {shards / Stopwatch.GetElapsedTime(started).TotalSeconds:F0} shards/s; {twice} done twice");

        async Task WorkAsync(IUnitLeases leases, string worker)
        {
            while (true)
            {
                var asked = Stopwatch.GetTimestamp();
                if (await leases.TryLeaseAsync(worker, default) is not { } lease)
                {
                    if (leases.IsComplete)
                        return;
                    await Task.Delay(TimeSpan.FromSeconds(0.5));
                    continue;
                }

                lock (waits)
                    waits.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
                await Task.Delay(sleep);
                var isNew = await store.TryCreateAsync(job.ShardStats(lease.Shard!.Value.Shard), content);
                await leases.CompleteAsync(lease, default);
                lock (waits)
                {
                    if (!isNew)
                        twice++;
                    else if (++done % Math.Max(1, shards / Parts) == 0)
                        Report();
                }
            }
        }

        void Report()
        {
            var (count, seconds, cpu) = (shards / Parts, Stopwatch.GetElapsedTime(last).TotalSeconds, Cpu());
            var asked = Interlocked.Read(ref requests);
            waits.Sort();
            var (median, late) = waits.Count == 0 ? (double.NaN, double.NaN) : (waits[waits.Count / 2], waits[waits.Count * 99 / 100]);
            coordinator?.Refresh();
            Console.WriteLine(
                $"{(double)done / shards,7:P0}  {count / seconds,8:F0}  {count / seconds / (workers / sleep.TotalSeconds),18:P0}  {(double)(asked - lastRequests) / count,14:F1}  {(cpu - lastCpu).TotalMilliseconds / count,12:F2}  {median,12:F1}  {late,6:F0}  {(coordinator?.WorkingSet64 ?? Environment.WorkingSet) >> 20,3}");
            waits.Clear();
            (last, lastRequests, lastCpu) = (Stopwatch.GetTimestamp(), asked, cpu);
        }

        TimeSpan Cpu()
        {
            using var self = coordinator is null ? System.Diagnostics.Process.GetCurrentProcess() : null;
            coordinator?.Refresh();
            return (coordinator ?? self!).TotalProcessorTime;
        }
    }
}
