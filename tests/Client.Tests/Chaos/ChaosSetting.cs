using System.Globalization;

namespace HeadScope.Client.Tests.Chaos;

/// <summary>What the variables of the environment make of the chaos tests.</summary>
internal static class ChaosSetting
{
    /// <summary>HEADSCOPE_CHAOS_RUNS: how many runs of each engine, of those that run without being asked, one.</summary>
    public static int? Runs { get; } = Number("HEADSCOPE_CHAOS_RUNS");

    /// <summary>HEADSCOPE_CHAOS_SEED: of the first run; the next has the next number.</summary>
    public static int FirstSeed { get; } = Number("HEADSCOPE_CHAOS_SEED") ?? 1;

    /// <summary>HEADSCOPE_CHAOS_OUTAGE: the most seconds that a service or a network is away.</summary>
    public static TimeSpan LongestOutage { get; } = TimeSpan.FromSeconds(Number("HEADSCOPE_CHAOS_OUTAGE") ?? 5);

    /// <summary>
    /// HEADSCOPE_CHAOS_RELEASE: a folder with headscope-silo of another release, which servers that start again are of by turns.
    /// </summary>
    public static string? OtherRelease { get; } = Environment.GetEnvironmentVariable("HEADSCOPE_CHAOS_RELEASE") is { Length: > 0 } folder
        ? folder
        : null;

    static int? Number(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : null;
}
