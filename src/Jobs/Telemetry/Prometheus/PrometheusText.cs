using System.Globalization;
using System.Text;

namespace HeadScope.Jobs.Telemetry.Prometheus;

/// <summary>Writes metrics in the text formats that Prometheus reads.</summary>
public static class PrometheusText
{
    /// <summary>The whole of a scrape's answer.</summary>
    public static byte[] Write(IReadOnlyList<FamilySnapshot> families, PrometheusFormat format)
    {
        var text = new StringBuilder();
        foreach (var family in families)
            Write(text, family, format.IsOpenMetrics);
        if (format.IsOpenMetrics)
            text.Append("# EOF\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    static void Write(StringBuilder text, FamilySnapshot family, bool openMetrics)
    {
        var sample = PrometheusName.Sample(family.Name, family.Type == MetricType.Counter);
        var described = openMetrics ? family.Name : sample;
        if (family.Help.Length > 0)
            text.Append($"# HELP {described} {Help(family.Help, openMetrics)}\n");
        text.Append($"# TYPE {described} {TypeName(family.Type)}\n");
        if (openMetrics && family.Unit.Length > 0)
            text.Append($"# UNIT {described} {family.Unit}\n");
        foreach (var series in family.Series)
        {
            if (family.Type == MetricType.Histogram)
                WriteHistogram(text, family, series, openMetrics);
            else
                WriteSample(text, sample, series.Labels, Number(series.Value));
        }
    }

    static void WriteHistogram(StringBuilder text, FamilySnapshot family, SeriesSnapshot series, bool openMetrics)
    {
        var separator = series.Labels.Length > 0 ? "," : "";
        var count = 0L;
        for (var bucket = 0; bucket < series.Buckets.Count; bucket++)
        {
            count += series.Buckets[bucket];
            var bound = bucket < family.Bounds.Count ? Bound(family.Bounds[bucket], openMetrics) : "+Inf";
            WriteSample(text, $"{family.Name}_bucket", $"{series.Labels}{separator}le=\"{bound}\"", Number(count));
        }

        WriteSample(text, $"{family.Name}_sum", series.Labels, Number(series.Value));
        WriteSample(text, $"{family.Name}_count", series.Labels, Number(count));
    }

    static void WriteSample(StringBuilder text, string name, string labels, string value)
    {
        text.Append(name);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(value).Append('\n');
    }

    static string TypeName(MetricType type) => type switch
    {
        MetricType.Counter => "counter",
        MetricType.Gauge => "gauge",
        MetricType.Histogram => "histogram",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "This is no type of metric."),
    };

    static string Help(string help, bool openMetrics)
    {
        var escaped = help.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);
        return openMetrics ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }

    /// <summary>The shortest text that reads as the same number.</summary>
    static string Number(double value) =>
        double.IsNaN(value) ? "NaN" : double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>OpenMetrics writes whole bounds with a decimal: a bound is a label, and a label is compared as text.</summary>
    static string Bound(double bound, bool openMetrics)
    {
        var text = Number(bound);
        return openMetrics && text.All(c => char.IsAsciiDigit(c) || c == '-') ? $"{text}.0" : text;
    }
}
