using System.Text;

namespace HeadScope.Jobs.Telemetry.Prometheus;

/// <summary>
/// Names of instruments as Prometheus has them, by OpenTelemetry's rules for it ("Prometheus and OpenMetrics Compatibility"): what
/// is no letter, digit or colon becomes one underscore, the unit's word follows unless the name ends in it, and then, for
/// counters, <c>_total</c>.
/// </summary>
/// <remarks>
/// <c>headscope.store.request</c> in <c>s</c> is <c>headscope_store_request_seconds</c>; <c>headscope.shards</c>, a counter of
/// <c>{shard}</c>, is <c>headscope_shards_total</c>: what stands in braces is an annotation and no unit. The unit <c>1</c> adds nothing.
/// </remarks>
public static class PrometheusName
{
    const string Total = "_total";

    /// <summary>The name of a metric family, without the <c>_total</c> of a counter's samples, as OpenMetrics wants it in metadata.</summary>
    public static string Family(string instrument, string? unit, bool counter)
    {
        var name = instrument;
        if (counter && name.EndsWith(Total, StringComparison.Ordinal))
            name = name[..^Total.Length];
        name = Sanitize(name);
        var word = Unit(unit);
        return word.Length == 0 || name.EndsWith(word, StringComparison.Ordinal) ? name : $"{name}_{word}";
    }

    /// <summary>The name of a family's samples, before what a histogram's add.</summary>
    public static string Sample(string family, bool counter) => counter ? family + Total : family;

    /// <summary>A unit of UCUM in words: <c>s</c> is seconds, <c>By/s</c> is bytes_per_second, <c>{shard}</c> is nothing.</summary>
    public static string Unit(string? unit)
    {
        var bare = WithoutAnnotations(unit ?? "");
        var slash = bare.IndexOf('/');
        return Sanitize(slash < 0 || slash == bare.Length - 1 ? Word(bare) : $"{Word(bare[..slash])}_per_{WordPer(bare[(slash + 1)..])}").Trim('_');
    }

    /// <summary>A label's name: like a metric's, but without colons.</summary>
    public static string Label(string tag) => Sanitize(tag, colons: false) is { Length: > 0 } name ? name : "_";

    static string Sanitize(string name, bool colons = true)
    {
        var result = new StringBuilder(name.Length + 1);
        if (name.Length > 0 && char.IsAsciiDigit(name[0]))
            result.Append('_');
        foreach (var c in name)
        {
            if (char.IsAsciiLetterOrDigit(c) || (colons && c == ':'))
                result.Append(c);
            else if (result.Length == 0 || result[^1] != '_')
                result.Append('_');
        }

        return result.ToString();
    }

    static string WithoutAnnotations(string unit)
    {
        while (unit.IndexOf('{') is var open and >= 0 && unit.IndexOf('}', open) is var close and >= 0)
            unit = unit.Remove(open, close - open + 1);
        return unit;
    }

    static string Word(string unit) => unit switch
    {
        "1" => "",
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" or "B" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "TiBy" => "tibibytes",
        "KBy" or "KB" => "kilobytes",
        "MBy" or "MB" => "megabytes",
        "GBy" or "GB" => "gigabytes",
        "TBy" or "TB" => "terabytes",
        "W" => "watts",
        "J" => "joules",
        "Cel" => "celsius",
        "Hz" => "hertz",
        "%" => "percent",
        _ => unit,
    };

    static string WordPer(string unit) => unit switch
    {
        "s" => "second",
        "m" => "minute",
        "h" => "hour",
        "d" => "day",
        _ => unit,
    };
}
