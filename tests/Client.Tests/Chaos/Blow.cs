using System.Globalization;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Chaos;

/// <summary>A fault that can befall a swarm, or what it stands on.</summary>
/// <param name="Weight">How often it falls, beside others.</param>
/// <param name="StrikeAsync">Deals it to whom the random numbers say.</param>
internal sealed record Blow(string Name, double Weight, Func<Random, Task<Blow.Effect>> StrikeAsync)
{
    /// <param name="Whom">And for how long.</param>
    /// <param name="EndAsync">Ends it, after a time; null where nothing is to be ended.</param>
    internal sealed record Effect(string Whom, TimeSpan Lasts = default, Func<Task>? EndAsync = null);

    /// <summary>SIGKILL, and a new start at once.</summary>
    public static Blow Kill(Swarm swarm, double weight) => new("killed", weight, random =>
    {
        var whom = random.Next(swarm.Count);
        swarm.Kill(whom);
        return Task.FromResult(new Effect(Text(whom)));
    });

    /// <summary>SIGSTOP for a while.</summary>
    public static Blow Stop(Swarm swarm, double weight, TimeSpan longest) => new("stopped", weight, random =>
    {
        var (whom, lasts) = (random.Next(swarm.Count), random.NextDouble() * longest);
        var go = swarm.Stop(whom);
        return Task.FromResult(new Effect(Text(whom, lasts), lasts, () =>
        {
            go();
            return Task.CompletedTask;
        }));
    });

    /// <summary>SIGTERM, and a new start when it has ended: what an upgrade does with one after the other.</summary>
    public static Blow Replace(Swarm swarm, double weight) => new("replaced", weight, random =>
    {
        var whom = random.Next(swarm.Count);
        swarm.Replace(whom);
        return Task.FromResult(new Effect(Text(whom)));
    });

    /// <summary>
    /// The service that keeps the shards dies and stays away for a while. Nothing gets on meanwhile, and no other blow falls.
    /// </summary>
    public static Blow StoreOutage(double weight, TimeSpan longest, Func<Task> kill, Func<Task> start)
    {
        return new("store away", weight, async random =>
        {
            var lasts = random.NextDouble() * longest;
            await kill();
            await Task.Delay(lasts);
            await start();
            return new Effect(Text(lasts));
        });
    }

    /// <summary>The service by which silos find each other dies and stays away for a while.</summary>
    public static Blow MembershipOutage(double weight, TimeSpan longest, Func<Task> kill, Func<Task> start)
    {
        var isAway = false;
        return new("membership away", weight, async random =>
        {
            var lasts = random.NextDouble() * longest;
            if (isAway)
                return new Effect("still");
            isAway = true;
            await kill();
            return new Effect(Text(lasts), lasts, async () =>
            {
                await start();
                isAway = false;
            });
        });
    }

    /// <summary>A host of a swarm, which has one each, loses its network for a while.</summary>
    public static Blow Cut(NetworkHosts hosts, Swarm swarm, double weight, TimeSpan longest) => new("cut off", weight, random =>
    {
        var (whom, lasts) = (random.Next(swarm.Count), random.NextDouble() * longest);
        hosts.Cut(whom);
        return Task.FromResult(new Effect(Text(whom, lasts), lasts, () =>
        {
            hosts.Mend(whom);
            return Task.CompletedTask;
        }));
    });

    static string Text(int whom) => whom.ToString(CultureInfo.InvariantCulture);

    static string Text(TimeSpan lasts) => string.Create(CultureInfo.InvariantCulture, $"for {lasts.TotalSeconds:F1} s");

    static string Text(int whom, TimeSpan lasts) => $"{Text(whom)} {Text(lasts)}";
}
