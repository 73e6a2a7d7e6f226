using System.Diagnostics;

namespace HeadScope.Client.Tests.Chaos;

/// <summary>
/// What befalls a swarm, and when: the same blows for the same seed. They fall at numbers of shards that are done, not at times, so
/// that a slow machine is not kept from ever getting on.
/// </summary>
/// <param name="blows">What may fall.</param>
/// <param name="count">How many fall.</param>
internal sealed class Schedule(int seed, Swarm swarm, IReadOnlyList<Blow> blows, int count, int shards)
{
    /// <summary>Of the shards: blows fall before so many are done, so that the last finds some work left.</summary>
    const double Struck = 0.9;

    /// <summary>
    /// How long a swarm that is not dead may take for its next shard, or for the reduction: with no shard for so long, it has stopped for
    /// good.
    /// </summary>
    static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(0.05);

    readonly Random _random = new(seed);
    readonly Stopwatch _clock = Stopwatch.StartNew();
    readonly List<(TimeSpan Until, Func<Task> EndAsync)> _lasting = [];
    readonly List<string> _log = [];
    readonly Dictionary<string, int> _counts = [];

    /// <summary>How many fell.</summary>
    public int Fallen => _counts.Values.Sum();

    /// <summary>All that has happened.</summary>
    public string Log => $"seed {seed}: {string.Join("; ", _log)}";

    /// <summary>How many of each kind.</summary>
    public string Summary =>
        string.Join(", ", _counts.OrderBy(blow => blow.Key, StringComparer.Ordinal).Select(blow => $"{blow.Value} {blow.Key}"));

    /// <summary>Deals blows until the work is done.</summary>
    /// <param name="shardsDone">Null when all is done, results too.</param>
    public async Task RunAsync(Func<Task<int?>> shardsDone)
    {
        var times = new Queue<int>(Enumerable.Range(0, count).Select(_ => (int)(_random.NextDouble() * Struck * shards)).Order());
        var (most, since) = (-1, TimeSpan.Zero);
        for (; await shardsDone() is { } done; await Task.Delay(LookInterval))
        {
            if (done > most)
                (most, since) = (done, _clock.Elapsed);
            Assert.True(_clock.Elapsed - since < LongestPause, $"{done} shards are done, and no other was within {LongestPause}");
            swarm.Look();
            foreach (var blow in _lasting.Where(blow => blow.Until < _clock.Elapsed).ToList())
            {
                _lasting.Remove(blow);
                await blow.EndAsync();
            }

            while (times.TryPeek(out var time) && time <= done)
            {
                times.Dequeue();
                await StrikeAsync(done);
            }
        }

        foreach (var (_, endAsync) in _lasting)
            await endAsync();
    }

    async Task StrikeAsync(int done)
    {
        var at = _clock.Elapsed.TotalSeconds;
        var blow = Choose(_random.NextDouble() * blows.Sum(blow => blow.Weight));
        var effect = await blow.StrikeAsync(_random);
        _log.Add($"at {at:F1} s, {done} shards: {blow.Name} {effect.Whom}");
        _counts[blow.Name] = _counts.GetValueOrDefault(blow.Name) + 1;
        if (effect.EndAsync is { } endAsync)
            _lasting.Add((_clock.Elapsed + effect.Lasts, endAsync));
    }

    Blow Choose(double weight)
    {
        foreach (var blow in blows)
        {
            if ((weight -= blow.Weight) < 0)
                return blow;
        }

        return blows[^1];
    }
}
