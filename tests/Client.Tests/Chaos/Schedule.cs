using System.Diagnostics;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Chaos;

/// <summary>What befalls a swarm, and when: the same blows for the same seed, whatever the swarm makes of them.</summary>
/// <param name="service">Killed now and then too, where there is one.</param>
internal sealed class Schedule(int seed, Swarm swarm, Azurite? service)
{
    const double LongestPause = 0.9; // seconds; a process needs about one to be at work again
    const double LongestStop = 2.5; // more than twice the lease

    static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    readonly Random _random = new(seed);
    readonly Stopwatch _clock = Stopwatch.StartNew();
    readonly List<(double Until, Action Continue)> _stopped = [];
    readonly List<string> _log = [];

    public int Kills { get; private set; }

    public int Stops { get; private set; }

    public int ServiceKills { get; private set; }

    /// <summary>All that has happened.</summary>
    public string Log => $"seed {seed}: {string.Join("; ", _log)}";

    double Now => _clock.Elapsed.TotalSeconds;

    /// <summary>Deals blows until the work is done.</summary>
    public async Task RunAsync(Func<Task<bool>> isDone)
    {
        while (true)
        {
            var next = Now + (_random.NextDouble() * LongestPause);
            var (what, whom, howLong) = (_random.NextDouble(), _random.Next(swarm.Count), _random.NextDouble() * LongestStop);
            for (; Now < next; await Task.Delay(25))
            {
                if (await isDone())
                    return;
                Assert.True(Now < Limit.TotalSeconds, $"not done within {Limit}");
                Assert.True(!swarm.Ended.Any(), $"{string.Join(", ", swarm.Ended)} ended");
                foreach (var stop in _stopped.Where(stop => stop.Until < Now).ToList())
                {
                    stop.Continue();
                    _stopped.Remove(stop);
                }
            }

            await StrikeAsync(what, whom, howLong);
        }
    }

    async Task StrikeAsync(double what, int whom, double howLong)
    {
        if (what < 0.1 && service is not null)
        {
            _log.Add($"{Now:F1} service killed");
            service.Kill();
            await service.StartAgainAsync();
            ServiceKills++;
        }
        else if (what < 0.55)
        {
            _log.Add($"{Now:F1} {whom} killed");
            swarm.Kill(whom);
            Kills++;
        }
        else
        {
            _log.Add($"{Now:F1} {whom} stopped for {howLong:F1}");
            _stopped.Add((Now + howLong, swarm.Stop(whom)));
            Stops++;
        }
    }
}
