using System.Diagnostics.Metrics;

namespace HeadScope.Jobs;

/// <summary>Upper bounds of histogram buckets, in seconds.</summary>
internal static class Buckets
{
    /// <summary>Of work: a tenth of a second to half an hour.</summary>
    public static InstrumentAdvice<double> Work { get; } = new()
    {
        HistogramBucketBoundaries = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800],
    };

    /// <summary>Of requests: half a millisecond, a local file, to ten seconds, a slow cloud.</summary>
    public static InstrumentAdvice<double> Request { get; } = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };
}
