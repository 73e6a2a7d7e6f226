using HeadScope.Jobs.Status;

namespace HeadScope.Client.Output;

/// <summary>What a display of progress shows of a job.</summary>
internal interface IJobFigures
{
    int Shards { get; }

    int ShardsCommitted { get; }

    int Failures { get; }

    bool IsReducing { get; }

    bool IsPaused { get; }

    /// <summary>From 0 to 1.</summary>
    double Share { get; }

    double TokensPerSecond { get; }

    /// <summary>Null until a rate is known.</summary>
    TimeSpan? Remaining { get; }

    /// <summary>The leading heads so far, to within a histogram's bucket.</summary>
    LeadingHeads TopHeads(int count);
}

/// <summary>The heads with the highest values of the first of some scores.</summary>
/// <param name="Scores">Names of the scores shown.</param>
internal sealed record LeadingHeads(IReadOnlyList<string> Scores, IReadOnlyList<HeadFigures> Heads)
{
    /// <summary>Scores shown, at the most.</summary>
    const int MostScores = 4;

    public static LeadingHeads None { get; } = new([], []);

    /// <summary>The leading heads of a preview, by its headline score.</summary>
    public static LeadingHeads Of(JobPreview preview, int count)
    {
        string[] shown = [preview.Headline, .. preview.Scores.Where(score => score != preview.Headline).Take(MostScores - 1)];
        int[] indices = [.. shown.Select(score => preview.Scores.Index().First(each => each.Item == score).Index)];
        return new LeadingHeads(shown,
        [
            .. preview.Heads.Select(head => new HeadFigures(head.Label, [.. indices.Select(index => head.Values[index])]))
                .OrderByDescending(head => float.IsNaN(head.Values[0]) ? float.NegativeInfinity : head.Values[0]).Take(count),
        ]);
    }
}

/// <summary>Scores of a head so far.</summary>
internal sealed record HeadFigures(string Label, IReadOnlyList<float> Values);
