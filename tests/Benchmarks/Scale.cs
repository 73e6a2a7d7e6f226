using System.Diagnostics;
using System.Diagnostics.Metrics;
using HeadScope.Data.Tokens;
using HeadScope.Jobs;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Benchmarks;

/// <summary>
/// How many workers leases can serve: workers that lease a shard, sleep in place of scoring it, commit statistics, and say so, until
/// all are done. The processes they belong to are simulated, each with leases of its own.
/// </summary>
public static class Scale
{
    const int Parts = 10;
    const int Context = 2;

    /// <summary>Workers in claims of a file store, whose processes know nothing of one another; or in a cluster.</summary>
    /// <param name="model">A model's folder; it is not loaded.</param>
    /// <param name="silo">The program of a silo that keeps the leases; null for claims.</param>
    public static async Task RunAsync(int workers, int processes, int shards, TimeSpan sleep, string model, string folder, string? silo)
    {
        var store = new MeteredBlobStore(new FileBlobStore(folder));
        var tokens = Path.Combine(folder, "tokens.safetensors");
        TokenFile.Write(tokens, [.. Enumerable.Range(0, shards).Select(_ => new int[Context])]);
        var job = JobResolver.Resolve(
            new JobRequest { Model = model, Tokens = new TokenLocation(tokens), ShardRows = 1, SkipHeads = true });
        var jobFolder = await new JobStore(store).SubmitAsync(job, default);
        if (silo is null)
        {
            await RunAsync($"claims in {folder}", workers, sleep, store, job, null, [.. Enumerable.Range(0, processes).Select(i =>
            {
                var units = new JobUnits(job.Plan, WeightsColumns: false);
                var claims = new BlobClaims(store, jobFolder, TimeProvider.System, BlobClaims.DefaultDuration, Host(i));
                return new UnitLeases(
                    store, jobFolder, units, claims,
                    new UnitDispatcher(store, jobFolder, units, claims, TimeProvider.System, Timeout.InfiniteTimeSpan));
            })]);
        }
        else
        {
            await ScaleOnGrains.RunAsync(workers, processes, sleep, folder, store, job, silo);
        }
    }

    /// <summary>A process of another machine than the others: nobody can see in the list of processes that it has ended.</summary>
    internal static ProcessIdentity Host(int number) => ProcessIdentity.Current with { Host = $"host-{number}", Scope = $"host-{number}" };

    /// <param name="coordinator">The process that keeps the leases, where it is not this one.</param>
    internal static async Task RunAsync(
        string what, int workers, TimeSpan sleep, IBlobStore store, ResolvedJob job, Process? coordinator,
        IReadOnlyList<UnitLeases> processes)
    {
        var shards = job.Plan.Shards;
        var folder = new JobFolder(job.Spec.Id);
        var scores = new ScoreTable(ScoreSelection.Default, job.Spec.Model.Layers * job.Spec.Model.HeadsPerLayer, Context, 1);
        var statistics = new ShardCounter(ScoreSelection.Default).Count(scores, 0, examples: 1);
        Console.WriteLine($"{workers} workers in {processes.Count} processes, {shards} shards of {sleep.TotalSeconds} s, {what}");
        Console.WriteLine("   done  shards/s  of what they could  requests/shard  ms CPU/shard  lease p50 ms  p99 ms  MiB");
        var requests = 0L;
        using var listener = new MeterListener { InstrumentPublished = (instrument, self) => { if (instrument.Meter.Name == StoreInstruments.MeterName) self.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref requests));
        listener.Start();

        var (done, twice) = (0, 0);
        var waits = new List<double>();
        var (last, lastRequests, lastCpu) = (Stopwatch.GetTimestamp(), 0L, Cpu());
        var started = last;
        using var end = new CancellationTokenSource();
        var renewals = processes.Select(process => Task.Run(async () =>
        {
            using var timer = new PeriodicTimer(BlobClaims.DefaultDuration / 4);
            while (!end.IsCancellationRequested && await timer.WaitForNextTickAsync(end.Token))
                await process.RenewAsync(default);
        })).ToList();
        await Task.WhenAll(
            Enumerable.Range(0, workers).Select(i => Task.Run(() => WorkAsync(processes[i % processes.Count], $"worker-{i}"))));
        await end.CancelAsync();
        await Task.WhenAll(renewals).ContinueWith(_ => { }, TaskScheduler.Default);
        Console.WriteLine($"{shards} shards in {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s, " +
            $"{shards / Stopwatch.GetElapsedTime(started).TotalSeconds:F0} shards/s; {twice} done twice");

        async Task WorkAsync(UnitLeases leases, string worker)
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
                var shard = lease.Shard!.Value;
                var record = new ShardRecord(
                    job.Spec.Id, shard.Shard, shard.FirstRow, shard.Rows, Context - 1, "", [], [0],
                    new ShardWork(worker, "none", DateTimeOffset.UtcNow, 0, sleep.TotalSeconds, 0, 0));
                var isNew = await store.TryCreateAsync(folder.ShardStats(shard.Shard), ShardStatsFile.Write(record, statistics));
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
                $"{(double)done / shards,7:P0}  {count / seconds,8:F0}  {count / seconds / (workers / sleep.TotalSeconds),18:P0}  " +
                $"{(double)(asked - lastRequests) / count,14:F1}  {(cpu - lastCpu).TotalMilliseconds / count,12:F2}  {median,12:F1}  " +
                $"{late,6:F0}  {(coordinator?.WorkingSet64 ?? Environment.WorkingSet) >> 20,3}");
            waits.Clear();
            (last, lastRequests, lastCpu) = (Stopwatch.GetTimestamp(), asked, cpu);
        }

        TimeSpan Cpu()
        {
            using var self = coordinator is null ? Process.GetCurrentProcess() : null;
            coordinator?.Refresh();
            return (coordinator ?? self!).TotalProcessorTime;
        }
    }
}
