using System.Diagnostics.Metrics;
using HeadScope.Jobs.Telemetry;
using OpenTelemetry.Metrics;

namespace HeadScope.Silo.Telemetry;

/// <summary>
/// Makes of instruments that others named what Prometheus's conventions ask for, so that <c>promtool check metrics</c> finds nothing
/// wrong. Only /metrics is concerned: by OTLP they are sent as they are.
/// </summary>
internal static class PrometheusViews
{
    const string OrleansPrefix = "orleans-";

    /// <summary>Tags of Orleans whose names are no labels' names.</summary>
    static readonly string[] Unlabelled = ["ConnectionDirection", "MessageDirection"];

    /// <summary>Gauges whose names end as a histogram's number of values does.</summary>
    static readonly Dictionary<string, string> Renamed = new()
    {
        ["dotnet.assembly.count"] = "dotnet.assemblies",
        ["dotnet.process.cpu.count"] = "dotnet.process.cpus",
        ["dotnet.timer.count"] = "dotnet.timers",
    };

    /// <summary>Null for what is right as it is.</summary>
    public static MetricStreamConfiguration? Of(Instrument instrument) => instrument.Meter.Name switch
    {
        ServerTelemetry.OrleansMeter => OfOrleans(instrument),
        "System.Runtime" when Renamed.TryGetValue(instrument.Name, out var name) => new MetricStreamConfiguration { Name = name },
        _ => null,
    };

    /// <summary>Prometheus counts in seconds and bytes, and a view cannot convert. Most instruments say nothing but their name.</summary>
    static MetricStreamConfiguration OfOrleans(Instrument instrument) => instrument.Unit is "ms" or "MB"
        ? MetricStreamConfiguration.Drop
        : new MetricStreamConfiguration
        {
            Description = instrument.Description is { Length: > 0 } said ? said : Describe(instrument.Name),
            ExcludedTagKeys = Unlabelled,
            CardinalityLimit = ProductTelemetry.SeriesLimit,
        };

    static string Describe(string name) =>
        $"Orleans: {(name.StartsWith(OrleansPrefix, StringComparison.Ordinal) ? name[OrleansPrefix.Length..] : name).Replace('-', ' ')}.";
}
