using System.Diagnostics.Metrics;

namespace HeadScope.Jobs.Store;

/// <summary>What is measured of blob stores.</summary>
public static class StoreInstruments
{
    public const string MeterName = "HeadScope.Store";

    static readonly Meter Meter = new(MeterName);

    static readonly Histogram<double> Request = Meter.CreateHistogram(
        "headscope.store.request", "s", "Time of requests to the store, failed ones too; that of a write includes making what is written.",
        tags: null, Buckets.Request);

    /// <param name="op">One of a handful: it becomes a label.</param>
    internal static void Requested(string op, TimeSpan time) =>
        Request.Record(time.TotalSeconds, new KeyValuePair<string, object?>("op", op));
}
