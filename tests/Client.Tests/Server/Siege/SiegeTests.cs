using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.Client.Tests.Server.Siege;

/// <summary>
/// One server between hostile callers and honest ones. HEADSCOPE_SIEGE_REQUESTS and HEADSCOPE_SIEGE_MINUTES make it larger and longer:
/// 6000 requests in 10 minutes are a siege.
/// </summary>
public sealed class SiegeTests(ITestOutputHelper output) : IDisposable
{
    const long MostMemory = 1L << 30;
    const int Attackers = 4;
    const int HonestRows = 24; // the fixture's
    const int Seed = 1;

    static readonly int Requests = (int)Setting("HEADSCOPE_SIEGE_REQUESTS", 300);
    static readonly TimeSpan Duration = TimeSpan.FromMinutes(Setting("HEADSCOPE_SIEGE_MINUTES", 0.25));
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(0.5);

    readonly ServerProcess _server = new(
        "--workers", "1", "--threads", "2", "--submissions-per-minute", "1000000", "--requests-per-minute", "1000000");
    readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [SkippableFact]
    public async Task Server_BesiegedByHostileCallers_ServesHonestOnes()
    {
        Skip.If(OperatingSystem.IsWindows(), "makes special files");
        Fixture.Copy(Path.Combine(_server.Inputs, "good"), "neox-tiny", "model");
        File.Copy(Fixture.PathOf("neox-tiny", "inputs.safetensors"), Path.Combine(_server.Inputs, "good.safetensors"));
        var files = HostileFiles.Write(_server.Inputs, Seed);
        await _server.StartAsync();
        using var end = new CancellationTokenSource();
        var answers = new ConcurrentDictionary<string, int>();
        var watching = WatchAsync(end.Token);
        var honest = HonestAsync();
        var attacks = Enumerable.Range(0, Attackers).Select(attacker => AttackAsync(attacker, files, answers)).ToArray();
        await Task.WhenAll(attacks);
        var done = await honest;
        await end.CancelAsync();
        var looks = await watching;
        var told = string.Join(
            ", ", answers.OrderBy(answer => answer.Key, StringComparer.Ordinal).Select(answer => $"{answer.Value} {answer.Key}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Requests} hostile requests: {told}; {done} honest jobs; ready at " +
            $"all of {looks} looks; at most {_server.PeakMemory >> 20} MiB"));
        Assert.True(_server.PeakMemory < MostMemory, $"the server took {_server.PeakMemory:N0} bytes");
        Assert.False(answers.ContainsKey(nameof(HttpStatusCode.InternalServerError)), $"{told}: {_server.Log}");
        Assert.True(Troubles(_server.Log) is "", Troubles(_server.Log));
        await _server.StopAsync();
    }

    /// <summary>Its share of the requests, spread over the time.</summary>
    async Task AttackAsync(int attacker, HostileFiles files, ConcurrentDictionary<string, int> answers)
    {
        using var requests = new HostileRequests(_server.Address, files);
        var clock = Stopwatch.StartNew();
        for (var i = attacker; i < Requests; i += Attackers)
        {
            var due = Duration * ((double)i / Requests);
            if (due > clock.Elapsed)
                await Task.Delay(due - clock.Elapsed);
            var jobs = Directory.Exists(Path.Combine(_server.Store, "jobs")) ? Directory.GetDirectories(Path.Combine(_server.Store, "jobs"))
                .Take(50).Select(Path.GetFileName).ToArray() : [];
            var answer = (await requests.SendAsync(new Random(unchecked(Seed * 1_000_003 + i)), jobs!))?.ToString() ?? "not answered";
            answers.AddOrUpdate(answer, 1, (_, count) => count + 1);
        }
    }

    /// <summary>
    /// Jobs one after the other, each pulled and compared with a run of its own, until the time is over. Returns how many.
    /// </summary>
    async Task<int> HonestAsync()
    {
        var client = new ServerClient(_server.Address, null);
        var clock = Stopwatch.StartNew();
        var done = 0;
        for (; done == 0 || clock.Elapsed < Duration; done++)
        {
            string[] scores = ["--rows", $"{HonestRows - done % 20}", "--examples", $"{30 + done}"]; // no two are the same
            var id = await client.SaysAsync(0, ["submit", "--model", "good", "--tokens", "good.safetensors", .. scores]);
            await client.SaysAsync(0, ["watch", "--job", id]);
            var pulled = _folder.File($"pulled{done}");
            await client.SaysAsync(0, ["pull", "--job", id, "--out", pulled]);
            var run = _folder.File($"run{done}");
            string[] inputs = ["--model", Path.Combine(_server.Inputs, "good"), "--tokens", Path.Combine(_server.Inputs, "good.safetensors")];
            var (code, _, error) = await HeadScopeProcess.RunAsync(["run", .. inputs, .. scores, "--out", run]);
            Assert.True(code == 0, error);
            Results.AssertSame(run, pulled);
        }

        return done;
    }

    /// <summary>Sees that the server is ready, again and again. Returns how often.</summary>
    async Task<int> WatchAsync(CancellationToken end)
    {
        using var http = new HttpClient { BaseAddress = new Uri(_server.Address) };
        for (var looks = 0; ; looks++)
        {
            using var ready = await http.GetAsync("/health/ready", CancellationToken.None);
            Assert.True(
                ready.IsSuccessStatusCode,
                $"/health/ready answered {ready.StatusCode}: {await ready.Content.ReadAsStringAsync(CancellationToken.None)}");
            if (end.IsCancellationRequested)
                return looks;
            await Task.Delay(LookInterval, end).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    /// <summary>What a log tells of exceptions that nobody expected, each with what follows it.</summary>
    static string Troubles(string log)
    {
        const int Following = 10;
        var lines = log.Split('\n');
        var troubles = lines.Index().Where(line => line.Item.StartsWith("fail: ", StringComparison.Ordinal) || line.Item.StartsWith(
            "crit: ", StringComparison.Ordinal)
            || line.Item.Contains("unhandled", StringComparison.OrdinalIgnoreCase));
        return string.Join('\n', troubles.SelectMany(line => lines.Skip(line.Index).Take(Following)));
    }

    static double Setting(string name, double otherwise) =>
        double.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
