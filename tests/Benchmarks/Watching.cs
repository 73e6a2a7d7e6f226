using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HeadScope.Data.Tokens;

namespace HeadScope.Benchmarks;

/// <summary>
/// What being watched costs: the same job with and without a scraped endpoint, each in processes of its own, in turn. The endpoint's
/// start and the first scrape cost a fraction of a second once, so take a job that lasts.
/// </summary>
public static class Watching
{
    static readonly TimeSpan ScrapeInterval = TimeSpan.FromSeconds(5); // Prometheus's own default is a minute

    /// <param name="program">The built command line, headscope.dll.</param>
    /// <param name="model">A model's folder.</param>
    public static void Run(string program, string model, int rows, int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("headscope-watching-");
        try
        {
            var tokens = Path.Combine(folder.FullName, "tokens.safetensors");
            var random = new Random(0);
            TokenFile.Write(
                tokens, [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, 256).Select(_ => random.Next(1000)).ToArray())]);
            List<double> ratios = [], cpuRatios = [];
            Console.WriteLine("tokens/s and processor seconds: alone, and scraped");
            for (var round = 0; round < rounds; round++)
            {
                // Whoever is first alternates too.
                var watchedFirst = round % 2 == 1;
                var one = Measure(watchedFirst);
                var other = Measure(!watchedFirst);
                var (alone, watched) = watchedFirst ? (other, one) : (one, other);
                ratios.Add(watched.TokensPerSecond / alone.TokensPerSecond);
                cpuRatios.Add(watched.CpuSeconds / alone.CpuSeconds);
                Console.WriteLine($"  {alone.TokensPerSecond,8:F0} {alone.CpuSeconds,7:F2}   {watched.TokensPerSecond,8:F0} " +
                    $"{watched.CpuSeconds,7:F2}   {ratios[^1]:F3} of the speed, {cpuRatios[^1]:F3} of the processor time, " +
                    $"{watched.Scrapes} scrapes");
            }

            Console.WriteLine($"median: {Median(ratios):F3} of the speed, {Median(cpuRatios):F3} of the processor time");

            (double TokensPerSecond, double CpuSeconds, int Scrapes) Measure(bool watched) =>
                Start(
                    program, watched, "run", "--model", model, "--tokens", tokens, "--out", Path.Combine(folder.FullName, "out"),
                    "--skip-heads", "--force", "--json");
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        (double TokensPerSecond, double CpuSeconds, int Scrapes) Start(string program, bool watched, params string[] arguments)
        {
            var start = new ProcessStartInfo("dotnet", [program, .. arguments, .. watched ? new[] { "--metrics-port", "0" } : []])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            var cpuBefore = ChildrensCpuSeconds();
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var scraping = watched ? ScrapeAsync(process) : DrainAsync(process);
            process.WaitForExit();
            var seconds = JsonDocument.Parse(output.Result).RootElement.GetProperty("seconds").GetDouble();
            return (rows * 256 / seconds, ChildrensCpuSeconds() - cpuBefore, scraping.Result);
        }
    }

    static async Task<int> ScrapeAsync(Process process)
    {
        var line = await process.StandardError.ReadLineAsync() ?? "";
        var url = line.StartsWith("Metrics: ", StringComparison.Ordinal)
            ? line["Metrics: ".Length..]
            : throw new InvalidOperationException(line);
        var draining = DrainAsync(process);
        using var http = new HttpClient();
        var scrapes = 0;
        while (!draining.IsCompleted)
        {
            try
            {
                await http.GetStringAsync(url);
                scrapes++;
            }
            catch (HttpRequestException)
            {
                break; // it has ended
            }

            await Task.WhenAny(draining, Task.Delay(ScrapeInterval));
        }

        await draining;
        return scrapes;
    }

    static async Task<int> DrainAsync(Process process)
    {
        await process.StandardError.ReadToEndAsync();
        return 0;
    }

    /// <summary>Processor time of processes that this one started and that have ended; NaN where the system does not tell.</summary>
    static double ChildrensCpuSeconds()
    {
        const double TicksPerSecond = 100;
        if (!OperatingSystem.IsLinux())
            return double.NaN;
        var stat = File.ReadAllText("/proc/self/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' '); // from the third on
        return (long.Parse(fields[13], CultureInfo.InvariantCulture) + long.Parse(
            fields[14], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
