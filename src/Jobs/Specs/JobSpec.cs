using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using HeadScope.Data.Tokens;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Specs;

/// <summary>
/// A job as it will be done: everything that decides its results is here, by content. Where things lie may change; what they are may not.
/// </summary>
public sealed record JobSpec
{
    /// <summary>The format of the jobs that this version makes and knows.</summary>
    public const int KnownFormat = 1;

    Once<JobSpec, string> _id;

    /// <summary>
    /// Changes when the same spec would give other results or other files, or when older versions cannot read a blob of the job.
    /// </summary>
    public int Format { get; init; } = KnownFormat;

    public required ModelReference Model { get; init; }

    public required TokensReference Tokens { get; init; }

    public required ScoreOptions Scores { get; init; }

    /// <summary>Null where the columns of the weights alone are left out.</summary>
    public InductionReference? Induction { get; init; }

    /// <summary>What ablations put in a head's place; null where none is asked for.</summary>
    public AblationReference? Ablation { get; init; }

    /// <summary>
    /// How products are computed, where that is not float32: it decides the results, as where they are computed hardly does.
    /// </summary>
    [JsonPropertyName("precision")]
    public Precision? OtherPrecision { get; init; }

    [JsonIgnore]
    public Precision Precision => OtherPrecision ?? Precision.Float32;

    /// <summary>Sixteen hex digits, the same for every spec that gives the same results, wherever model and tokens lie.</summary>
    [JsonIgnore]
    public string Id => _id.Of(this, IdOf);

    static string IdOf(JobSpec spec)
    {
        var identity = spec with
        {
            Model = spec.Model with { Location = "", Name = "", Hub = null },
            Tokens = spec.Tokens with { Location = new TokenLocation("") },
            Induction = spec.Induction is null ? null : spec.Induction with { Source = "" },
        };
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(identity, JobJson.Options)))[..16];
    }
}

/// <param name="Location">A folder; of a model from the hub, its id.</param>
/// <param name="Name">For people and reports.</param>
/// <param name="Hub">Where it comes from, if from the hub.</param>
/// <param name="Hash">SHA-256 of its files.</param>
/// <param name="Layers">How many layers it has.</param>
/// <param name="HeadsPerLayer">And heads in each.</param>
/// <param name="Processing">TransformerLens's names of the weight processing, in order.</param>
public sealed record ModelReference(
    string Location, string Name, HubSource? Hub, string Hash, int Layers, int HeadsPerLayer, IReadOnlyList<string> Processing);

/// <summary>A repository of the hub, at one commit.</summary>
/// <param name="Repository">Its id.</param>
/// <param name="Revision">What was asked for: a branch, a tag or a commit.</param>
/// <param name="Commit">What that was, then.</param>
public sealed record HubSource(string Repository, string Revision, string Commit);

/// <param name="Location">A file, perhaps with a tensor.</param>
/// <param name="Rows">How many rows are scored, from the first on.</param>
/// <param name="Context">Tokens a row.</param>
/// <param name="Hash">SHA-256 of those rows as int32.</param>
public sealed record TokensReference(TokenLocation Location, int Rows, int Context, string Hash);

/// <summary>What is computed of each head, and what is kept of it.</summary>
/// <param name="Quantile">The level of the scores in the head frame.</param>
/// <param name="NoInductionQuantile">The level of the columns that leave induction out.</param>
/// <param name="Quantiles">The levels in quantiles.parquet, beside those two.</param>
/// <param name="KeepScores">Whether every score is kept, as scores.parquet.</param>
/// <param name="Examples">How many positions to list for each head, score and side.</param>
public sealed record ScoreOptions(
    double Quantile, double NoInductionQuantile, IReadOnlyList<double> Quantiles, bool KeepScores, int Examples)
{
    Once<ScoreOptions, ScoreSelection> _selection;

    /// <summary>Names of the scores, in the catalogue's order; null for the default ones.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    /// <exception cref="ArgumentException">A name is no score's: a newer version wrote it.</exception>
    [JsonIgnore]
    public ScoreSelection Selection => _selection.Of(
        this, options => options.Names is null ? ScoreSelection.Default : ScoreSelection.Of(options.Names));
}

/// <param name="Source">A seed or a file, for people.</param>
/// <param name="Rows">Sequences.</param>
/// <param name="Repeat">Random tokens in a sequence, each twice.</param>
/// <param name="Hash">SHA-256 of the rows.</param>
public sealed record InductionReference(string Source, int Rows, int Repeat, string Hash);
