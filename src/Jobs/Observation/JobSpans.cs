using System.Diagnostics;
using HeadScope.Jobs.Specs;

namespace HeadScope.Jobs.Observation;

/// <summary>
/// Traces of jobs: a span for the job as this process works on it; in it one for the loading of the model, one for each shard and
/// one for the reduction; in a shard's, one each for scoring, counting and storing. They cost nothing unless somebody listens.
/// </summary>
public static class JobSpans
{
    public const string SourceName = "HeadScope.Jobs";

    static readonly ActivitySource Source = new(SourceName);

    internal static Activity? Job(JobSpec spec, JobPlan plan)
    {
        Activity.Current = null; // a trace of its own: whoever opens the job does not wait for it
        return Source.StartActivity("job")?
            .SetTag("headscope.job.id", spec.Id)
            .SetTag("headscope.model", spec.Model.Name)
            .SetTag("headscope.rows", plan.Rows)
            .SetTag("headscope.context", spec.Tokens.Context)
            .SetTag("headscope.shards", plan.Shards);
    }

    internal static Activity? Load(JobSpec spec) => Source.StartActivity("load")?.SetTag("headscope.model", spec.Model.Name);

    /// <param name="unit">A shard's name, or that of the columns of the weights.</param>
    /// <param name="worker">Who does it.</param>
    /// <param name="device">What on.</param>
    internal static Activity? Unit(string unit, ShardRange? shard, string worker, string device)
    {
        var span = Source.StartActivity(shard is null ? unit : "shard");
        span?.SetTag("headscope.worker", worker).SetTag("headscope.device", device);
        if (shard is { } range)
            span?.SetTag("headscope.shard", range.Shard).SetTag("headscope.first_row", range.FirstRow).SetTag("headscope.rows", range.Rows);
        return span;
    }

    internal static Activity? Score() => Source.StartActivity("score");

    internal static Activity? Count() => Source.StartActivity("count");

    internal static Activity? Store() => Source.StartActivity("store");

    internal static Activity? Reduce() => Source.StartActivity("reduce");

    /// <summary>Marks a span as failed.</summary>
    internal static void Fail(this Activity? span, Exception cause) =>
        span?.SetStatus(ActivityStatusCode.Error, cause.Message).AddException(cause);
}
