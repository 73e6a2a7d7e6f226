using System.Globalization;
using System.Text;

namespace HeadScope.Jobs.Telemetry.Prometheus;

/// <summary>Tags of a measurement as the text format writes them: the key of its series and what stands between its braces.</summary>
internal static class LabelText
{
    /// <summary>Labels in order of their names, whatever order the tags come in. Tags that become the same label are joined with ';'.</summary>
    public static string Of(ReadOnlySpan<KeyValuePair<string, object?>> tags, MetricType type)
    {
        if (tags.IsEmpty)
            return "";
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (tag, value) in tags)
        {
            var name = PrometheusName.Label(tag);
            if (type == MetricType.Histogram && name == "le")
                name = "exported_le"; // le is the bucket's
            var text = Text(value);
            labels[name] = labels.TryGetValue(name, out var other) ? $"{other};{text}" : text;
        }

        var result = new StringBuilder();
        foreach (var (name, value) in labels)
        {
            result.Append(result.Length > 0 ? "," : "").Append(name).Append("=\"");
            Escape(result, value);
            result.Append('"');
        }

        return result.ToString();
    }

    static string Text(object? value) => value switch
    {
        null => "",
        bool boolean => boolean ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    static void Escape(StringBuilder result, string value)
    {
        foreach (var c in value)
        {
            _ = c switch
            {
                '\\' => result.Append(@"\\"),
                '"' => result.Append("\\\""),
                '\n' => result.Append(@"\n"),
                _ => result.Append(c),
            };
        }
    }
}
