using System.ComponentModel;

namespace HeadScope.Silo.Api;

/// <summary>The body of a submission, as the OpenAPI document describes it; <see cref="JobRequestReader"/> reads it.</summary>
internal sealed record SubmitRequest(
    [property: Description("A folder in the server's model roots, or a hub id where the server allows it.")] string Model,
    [property: Description("A token file in the server's token roots: FILE.safetensors[:TENSOR] or .npy.")] string Tokens,
    [property: Description("Of a model from the hub: a branch, tag or commit.")] string? Revision = null,
    [property: Description("How many rows to score, from the first on. The default is all.")] int? Rows = null,
    [property: Description("Names of scores, or 'default' or 'all' for several. The default is 'default'.")] IReadOnlyList<string>? Scores = null,
    double? Quantile = null, double? NoInductionQuantile = null,
    [property: Description("Levels for quantiles.parquet; the default is the notebook's thirteen.")] IReadOnlyList<double>? Quantiles = null,
    [property: Description("Score the weights as stored.")] bool Raw = false,
    [property: Description("Keep every score, as scores.parquet.")] bool KeepScores = false,
    [property: Description("Leave out the columns of the weights alone.")] bool SkipHeads = false,
    string? InductionTokens = null, long Seed = 0, int? ShardRows = null, int? Examples = null,
    [property: Description("How matrix products are computed: float32, tf32 or bfloat16. A job waits for a worker with a device that can.")] string Precision = "float32",
    [property: Description("From -100 to 100; other than 0 needs the role admin.")] int Priority = 0);
