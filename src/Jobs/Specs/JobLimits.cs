using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Specs;

/// <summary>
/// What a job can be at the most, so that whatever is kept of one, by servers that only list it too, stays small. Requests beyond are
/// refused; a spec or plan beyond was not written by this program.
/// </summary>
public static class JobLimits
{
    /// <summary>Shards of a job.</summary>
    public const int Shards = 1_000_000;

    /// <summary>Bytes of a section of a shard's scores: one is held in memory, and counted in 32 bits.</summary>
    public const int SectionBytes = 1 << 30;

    /// <summary>Heads of all layers: four times as many as the largest published models have.</summary>
    public const int Heads = 1 << 16;

    /// <summary>Tokens of all rows on which induction is measured.</summary>
    public const int InductionTokens = 1 << 20;

    /// <summary>What does not hold of a spec, in half a sentence; null where all does.</summary>
    public static string? FaultOf(JobSpec spec)
    {
        var (model, tokens, scores) = (spec.Model, spec.Tokens, spec.Scores);
        if (model.Layers < 1 || model.HeadsPerLayer < 1 || (long)model.Layers * model.HeadsPerLayer > Heads)
            return $"its model has {model.Layers:N0} layers of {model.HeadsPerLayer:N0} heads, where 1 to {Heads:N0} heads are supported";
        if (model.Processing.Any(name => name is null))
            return "a step of its weight processing has no name";
        if (tokens.Rows < 1 || tokens.Context < 2)
            return $"it is of {tokens.Rows:N0} rows of {tokens.Context:N0} tokens, where at least 1 row of 2 is scored";
        if (scores.Quantiles.Count > RequestRules.MostQuantiles
            || scores.Quantiles.Append(scores.Quantile).Append(scores.NoInductionQuantile).Any(level => level is not (>= 0 and <= 1)))
            return $"it has {scores.Quantiles.Count:N0} quantiles, where at most {RequestRules.MostQuantiles} are supported, of levels " +
                $"from 0 to 1";
        if (RequestRules.Examples.FaultOf(scores.Examples) is not null)
            return $"it has {scores.Examples:N0} examples, where 0 to {RequestRules.Examples.Highest:N0} are supported";
        if (scores.Names is { } names && (names.Count == 0 || names.Any(name => name is null || ScoreCatalogue.Find(name) is null)))
            return "it asks for no scores, or for one that this version does not know";
        if (scores.Selection.Stored.Any(score => score is AblationScore) != (spec.Ablation?.Rows == tokens.Rows))
            return "its scores and its ablation do not fit each other";
        if (spec.Induction is { } induction && (induction.Rows < 1 || induction.Repeat < 1
            || induction.Rows * (2L * induction.Repeat + 1) > InductionTokens))
            return $"its induction is measured on {induction.Rows:N0} rows of {induction.Repeat:N0} tokens twice, where at most " +
                $"{InductionTokens:N0} tokens in all are supported";
        return null;
    }

    /// <summary>What does not hold of a plan for a spec that holds, in half a sentence; null where all does.</summary>
    public static string? FaultOf(JobPlan plan, JobSpec spec)
    {
        if (plan.Rows != spec.Tokens.Rows)
            return $"it is of {plan.Rows:N0} rows, where the job has {spec.Tokens.Rows:N0}";
        if (plan.ShardRows < 1)
            return $"a shard has {plan.ShardRows:N0} rows, where at least 1 is needed";
        if (plan.Shards > Shards)
            return $"it makes {plan.Shards:N0} shards of {plan.ShardRows:N0} rows, where at most {Shards:N0} shards are supported";
        // Token, loss and copies, or all scores of a head.
        var positions = SectionBytes / sizeof(float) / Math.Max(3, spec.Scores.Selection.Stored.Count);
        if ((long)Math.Min(plan.ShardRows, plan.Rows) * (spec.Tokens.Context - 1) > positions)
            return $"a shard has {plan.ShardRows:N0} rows of {spec.Tokens.Context:N0} tokens, where at most {positions:N0} tokens are supported";
        return null;
    }
}
