using System.Diagnostics;
using System.Net.Http.Json;
using HeadScope.Data.Tokens;
using HeadScope.Jobs;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;

namespace HeadScope.Benchmarks;

/// <summary>
/// What a server costs that is a cluster of itself: the same job by 'headscope run' and by one silo, each in a process of its own, in
/// turn. A job's time is from the start of its first shard to its manifest; its processor time, that of the process meanwhile.
/// </summary>
public static class OneSilo
{
    const int Context = 256;

    static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    /// <param name="program">The built command line, headscope.dll.</param>
    /// <param name="silo">The built server, headscope-silo.dll.</param>
    /// <param name="model">A model's folder.</param>
    public static async Task RunAsync(string program, string silo, string model, int rows, int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("headscope-one-silo-");
        try
        {
            var tokens = Path.Combine(folder.FullName, "tokens.safetensors");
            var random = new Random(0);
            TokenFile.Write(
                tokens, [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, Context).Select(_ => random.Next(1000)).ToArray())]);
            List<double> ratios = [], cpuRatios = [];
            Console.WriteLine("seconds and processor seconds: run, and one silo");
            for (var round = 0; round < rounds; round++)
            {
                // Whoever is first alternates.
                var (run, server) = round % 2 == 0
                    ? (await OfRunAsync(Place(round, "run")), await OfServerAsync(Place(round, "silo")))
                    : await SwappedAsync(Place(round, "run"), Place(round, "silo"));
                ratios.Add(server.Seconds / run.Seconds);
                cpuRatios.Add(server.CpuSeconds / run.CpuSeconds);
                Console.WriteLine(
                    $"  {run.Seconds,8:F2} {run.CpuSeconds,8:F2}   {server.Seconds,8:F2} {server.CpuSeconds,8:F2}   {ratios[^1]:F3} of " +
                    $"the time, {cpuRatios[^1]:F3} of the processor time");
            }

            Console.WriteLine($"median: {Median(ratios):F3} of the time, {Median(cpuRatios):F3} of the processor time");

            string Place(int round, string engine) => Path.Combine(folder.FullName, $"{round}-{engine}");

            async Task<(Times Run, Times Server)> SwappedAsync(string run, string server)
            {
                var first = await OfServerAsync(server);
                return (await OfRunAsync(run), first);
            }

            async Task<Times> OfRunAsync(string place)
            {
                using var process = Start(program, "run", "--model", model, "--tokens", tokens, "--out", place, "--skip-heads");
                return await MeasureAsync(process, Path.Combine(place, ".headscope"));
            }

            async Task<Times> OfServerAsync(string place)
            {
                var address = $"http://127.0.0.1:{8400 + Environment.ProcessId % 1000}";
                using var process = Start(
                    silo, "--store", place, "--models", Path.GetDirectoryName(Path.GetFullPath(model))!, "--tokens", folder.FullName,
                    "--listen", address);
                using var http = new HttpClient { BaseAddress = new Uri(address) };
                while (!await IsReadyAsync(http))
                    await Task.Delay(LookInterval);
                using var response = await http.PostAsJsonAsync(
                    "/v1/jobs", new { model = Path.GetFileName(model), tokens = Path.GetFileName(tokens), skip_heads = true });
                if (!response.IsSuccessStatusCode)
                    throw new InvalidOperationException(await response.Content.ReadAsStringAsync());
                return await MeasureAsync(process, place);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Waits for the one job of a store, and ends the process.</summary>
    static async Task<Times> MeasureAsync(Process process, string store)
    {
        TimeSpan? before = null;
        var cpu = TimeSpan.Zero;
        while (true)
        {
            if (process.HasExited && process.ExitCode != 0)
                throw new InvalidOperationException($"{process.StartInfo.ArgumentList[0]} ended with {process.ExitCode}.");
            cpu = process.HasExited ? cpu : process.TotalProcessorTime;
            var jobs = Directory.Exists(store) ? new JobStore(new FileBlobStore(store)) : null;
            if (jobs is not null && await jobs.ListAsync(default) is [var id])
            {
                before ??= cpu;
                var manifest = new FileInfo(Path.Combine(store, new JobFolder(id).Manifest));
                if (manifest.Exists)
                {
                    var starts = new List<DateTimeOffset>();
                    await foreach (var (record, _) in jobs.CommittedAsync(new JobFolder(id), default))
                        starts.Add(record.Work.Started);
                    if (!process.HasExited)
                        process.Kill();
                    await process.WaitForExitAsync();
                    return new Times(
                        (manifest.LastWriteTimeUtc - starts.Min().UtcDateTime).TotalSeconds, (cpu - before.Value).TotalSeconds);
                }
            }

            await Task.Delay(LookInterval);
        }
    }

    static Process Start(string program, params string[] arguments)
    {
        var process = Process.Start(
            new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    static async Task<bool> IsReadyAsync(HttpClient http)
    {
        try
        {
            using var response = await http.GetAsync("/health/ready");
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // it does not listen yet
        }
    }

    static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    sealed record Times(double Seconds, double CpuSeconds);
}
