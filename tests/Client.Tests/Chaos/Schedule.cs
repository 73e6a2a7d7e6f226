using System.Diagnostics;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Chaos;

/// <summary>
/// What befalls a swarm, and when: the same blows for the same seed. They fall at numbers of shards that are done, not at times, so
/// that a slow machine is not kept from ever getting on.
/// </summary>
/// <param name="service">Killed now and then too, where there is one.</param>
internal sealed class Schedule(int seed, Swarm swarm, Azurite? service)
{
    const int MostShardsBetween = 30;
    const double LongestStop = 2.5; // seconds: more than twice the lease

    /// <summary>How long a swarm that is not dead may take for its next shard, or for the reduction: with no shard for so long, it has stopped for good.</summary>
    static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(0.05);

    readonly Random _random = new(seed);
    readonly Stopwatch _clock = Stopwatch.StartNew();
    readonly List<(TimeSpan Until, Action Continue)> _stopped = [];
    readonly List<string> _log = [];

    public int Kills { get; private set; }

    public int Stops { get; private set; }

    public int ServiceKills { get; private set; }

    /// <summary>All that has happened.</summary>
    public string Log => $"seed {seed}: {string.Join("; ", _log)}";

    /// <summary>Deals blows until the work is done.</summary>
    /// <param name="shardsDone">Null when all is done, results too.</param>
    public async Task RunAsync(Func<Task<int?>> shardsDone)
    {
        var (next, most, since) = (0, -1, TimeSpan.Zero);
        for (; await shardsDone() is { } done; await Task.Delay(LookInterval))
        {
            if (done > most)
                (most, since) = (done, _clock.Elapsed);
            Assert.True(_clock.Elapsed - since < LongestPause, $"{done} shards are done, and no other was within {LongestPause}");
            Assert.True(!swarm.Ended.Any(), $"{string.Join(", ", swarm.Ended)} ended");
            foreach (var stop in _stopped.Where(stop => stop.Until < _clock.Elapsed).ToList())
            {
                stop.Continue();
                _stopped.Remove(stop);
            }

            for (; next <= done; next += _random.Next(1, MostShardsBetween))
                await StrikeAsync(done);
        }
    }

    async Task StrikeAsync(int done)
    {
        var (what, whom, howLong) = (_random.NextDouble(), _random.Next(swarm.Count), TimeSpan.FromSeconds(_random.NextDouble() * LongestStop));
        var blow = what < 0.1 && service is not null ? "service killed" : what < 0.5 ? $"{whom} killed" : $"{whom} stopped for {howLong.TotalSeconds:F1} s";
        _log.Add($"at {_clock.Elapsed.TotalSeconds:F1} s, {done} shards: {blow}");
        if (what < 0.1 && service is not null)
        {
            ServiceKills++;
            await service.KillAsync();
            await service.StartAgainAsync();
        }
        else if (what < 0.5)
        {
            Kills++;
            swarm.Kill(whom);
        }
        else
        {
            Stops++;
            _stopped.Add((_clock.Elapsed + howLong, swarm.Stop(whom)));
        }
    }
}
