using System.Diagnostics.Metrics;
using HeadScope.Jobs.Telemetry;
using OpenTelemetry.Metrics;

namespace HeadScope.Silo.Telemetry;

/// <summary>
/// Adapts the instruments of .NET and Orleans to Prometheus's conventions, so that <c>promtool check metrics</c> finds nothing wrong.
/// It concerns /metrics alone: OTLP sends them as they are.
/// </summary>
internal static class PrometheusViews
{
    const string OrleansPrefix = "orleans-";

    /// <summary>Tags of Orleans in camel case, which names of labels are not. Their series are added up.</summary>
    static readonly string[] CamelCaseTags = ["ConnectionDirection", "MessageDirection"];

    /// <summary>Gauges whose names end in <c>_count</c>, as only the number of a histogram's values may.</summary>
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

    /// <summary>Prometheus expects seconds and bytes, and a view cannot convert. Most instruments have no description.</summary>
    static MetricStreamConfiguration OfOrleans(Instrument instrument) => instrument.Unit is "ms" or "MB"
        ? MetricStreamConfiguration.Drop
        : new MetricStreamConfiguration
        {
            Description = instrument.Description is { Length: > 0 } said ? said : Describe(instrument.Name),
            ExcludedTagKeys = CamelCaseTags,
            CardinalityLimit = ProductTelemetry.SeriesLimit,
        };

    static string Describe(string name) =>
        $"Orleans: {(name.StartsWith(OrleansPrefix, StringComparison.Ordinal) ? name[OrleansPrefix.Length..] : name).Replace('-', ' ')}.";
}
