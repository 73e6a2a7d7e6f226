using System.CommandLine;
using HeadScope.Data.Tokens;
using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Client.Commands;

/// <summary>The options that say what a job is; all else is how and where it is done.</summary>
internal sealed class RequestOptions
{
    readonly Option<string> _model = JobOptions.Model();
    readonly Option<string?> _revision = JobOptions.Revision();
    readonly Option<string> _tokens = new("--tokens")
    {
        Description = "Token rows [rows, context]; the tensor is 'tokens' unless named. A colon that does not follow .safetensors " +
            "belongs to the file's name.",
        Required = true,
        HelpName = "FILE.safetensors[:TENSOR]|FILE.npy",
    };
    readonly Option<int?> _rows = new("--rows") { Description = "Score the first N rows only.", HelpName = "N" };
    readonly Option<string> _scores = new("--scores")
    {
        Description = $"What to compute of each head, names separated by commas: {string.Join(", ", ScoreCatalogue.All)}; " +
            $"{ScoreNames.Default} or {ScoreNames.All} for several.",
        HelpName = "LIST",
        DefaultValueFactory = _ => ScoreNames.Default,
    };

    readonly Option<double> _quantile = new("--quantile")
    {
        Description = "Level of the score columns.",
        DefaultValueFactory = _ => JobRequest.DefaultQuantile,
    };
    readonly Option<double> _noInduction = new("--no-induction-quantile")
    {
        Description = "Level of the columns that leave induction out.",
        DefaultValueFactory = _ => JobRequest.DefaultNoInductionQuantile,
    };
    readonly Option<IReadOnlyList<double>> _quantiles = JobOptions.Quantiles();
    readonly Option<bool> _raw = JobOptions.Raw();
    readonly Option<int?> _shardRows = new("--shard-rows")
    {
        Description = "Rows of a shard: what is lost at most when a worker dies.",
        HelpName = "N",
    };
    readonly Option<long> _seed = JobOptions.Seed();
    readonly Option<bool> _keepScores = new("--keep-scores") { Description = "Keep every score, as scores.parquet." };
    readonly Option<bool> _skipHeads = new("--skip-heads") { Description = "Leave out the columns of the weights alone." };
    readonly Option<string?> _inductionTokens = JobOptions.InductionTokens();
    readonly Option<string> _precision = new Option<string>("--precision")
    {
        Description = "How matrix products are computed. tf32 and bfloat16 are faster, further from the truth, and for --backend torch.",
        DefaultValueFactory = _ => Precision.Float32.Name(),
    }.AcceptOnlyFromAmong([.. PrecisionNames.All]);

    readonly Option<int> _examples = new("--examples")
    {
        Description = "Positions listed for each head, score and side.",
        DefaultValueFactory = _ => JobRequest.DefaultExamples,
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[]
        {
            _model, _revision, _tokens, _rows, _scores, _quantile, _noInduction, _quantiles, _raw, _shardRows, _seed, _keepScores, _skipHeads, _inductionTokens, _examples, _precision,
        })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The request, with defaults in the place of what the parser refuses.</summary>
    public JobRequest Read(ParseResult parsed) => new()
    {
        Model = Or(parsed, _model, null) ?? "",
        Revision = Or(parsed, _revision, null),
        Tokens = TokenLocation.Parse(Or(parsed, _tokens, null) ?? ""),
        Rows = Or(parsed, _rows, null),
        Scores = Or(parsed, _scores, ScoreNames.Default)!
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
        Quantile = Or(parsed, _quantile, JobRequest.DefaultQuantile),
        NoInductionQuantile = Or(parsed, _noInduction, JobRequest.DefaultNoInductionQuantile),
        Quantiles = Or(parsed, _quantiles, []) ?? [],
        Raw = Or(parsed, _raw, false),
        KeepScores = Or(parsed, _keepScores, false),
        SkipHeads = Or(parsed, _skipHeads, false),
        InductionTokens = Or(parsed, _inductionTokens, null) is { } induction ? TokenLocation.Parse(induction) : null,
        Seed = Or(parsed, _seed, 0),
        ShardRows = Or(parsed, _shardRows, null),
        Examples = Or(parsed, _examples, JobRequest.DefaultExamples),
        Precision = Enum.Parse<Precision>(Or(parsed, _precision, Precision.Float32.Name())!, ignoreCase: true),
    };

    /// <summary>
    /// What is wrong with the request of a command line that is wrong in other ways. No model is fetched from the hub for that.
    /// </summary>
    /// <param name="isHere">Whether model and tokens are files of this machine.</param>
    public IEnumerable<string> FaultsOf(ParseResult parsed, bool isHere)
    {
        var request = Read(parsed);
        return isHere && request.Model.Length > 0 && request.Tokens.Path.Length > 0
            ? JobResolver.FaultsOf(request)
            : RequestRules.FaultsOf(request);
    }

    static T? Or<T>(ParseResult parsed, Option<T> option, T? otherwise) =>
        parsed.GetResult(option)?.Errors.Any() == true ? otherwise : parsed.GetValue(option);
}
