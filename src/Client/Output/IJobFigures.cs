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

    /// <summary>The heads with the highest mover DLA so far, to within a histogram's bucket.</summary>
    IReadOnlyList<HeadFigures> TopHeads(int count);
}

/// <summary>Scores of a head so far.</summary>
internal sealed record HeadFigures(string Label, float MoverDla, float HeadDla, float MoverAttn);
