using System.Globalization;
using System.Text.Json.Serialization;

namespace HeadScope.Jobs.Records;

/// <summary>The dataset as the model saw it.</summary>
/// <param name="Positions">Predicted positions.</param>
/// <param name="MeanLoss">In nats, over the positions whose loss is finite; NaN where there is none.</param>
/// <param name="FracMovable">Share of positions with an earlier copy of their target.</param>
/// <param name="FracInduction">Share of positions that induction would predict.</param>
/// <param name="RatioNaNs">NaN among the ratios of all heads, which quantiles leave out: 0 / 0 or, where scores are not finite, made of
/// those.</param>
/// <param name="NonFiniteLoss">Null where the loss is finite everywhere.</param>
/// <param name="NonFiniteScores">Among the stored scores of all heads; null where all are finite.</param>
public sealed record JobSummary(
    long Positions, double MeanLoss, double FracMovable, double FracInduction, [property: JsonPropertyName("ratio_nans")] long RatioNaNs,
    NonFiniteLoss? NonFiniteLoss = null, NonFiniteScores? NonFiniteScores = null)
{
    /// <summary>What people should know before they believe the results, a sentence or two each.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Warnings
    {
        get
        {
            var warnings = new List<string>();
            if (NonFiniteLoss is { } loss)
            {
                var named = string.Join(", ", loss.FirstRows);
                var rows = loss.Rows == 1 ? $"row {named}"
                    : loss.Rows == loss.FirstRows.Count ? $"rows {named}"
                    : string.Create(CultureInfo.InvariantCulture, $"{loss.Rows:N0} rows, the first of them {named}");
                warnings.Add(string.Create(CultureInfo.InvariantCulture,
                    $"The loss is not finite at {loss.NaNs + loss.Infinities:N0} of {Positions:N0} positions ({loss.NaNs:N0} NaN, " +
                    $"{loss.Infinities:N0} infinite), in {rows}. The mean loss leaves them out. The model's activations leave the range " +
                    $"of float32 there."));
            }

            if (NonFiniteScores is { } scores)
            {
                warnings.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{scores.NaNs + scores.Infinities:N0} scores are not finite ({scores.NaNs:N0} NaN, {scores.Infinities:N0} " +
                    $"infinite), all heads together. Quantiles leave NaN out and take infinities as the lowest and highest values; " +
                    $"moments.parquet counts both for each head and score."));
            }

            return warnings;
        }
    }
}

/// <summary>Positions whose loss is not finite.</summary>
/// <param name="Rows">How many rows have such positions.</param>
/// <param name="FirstRows">The first of them, ten at the most.</param>
public sealed record NonFiniteLoss(
    [property: JsonPropertyName("nan")] long NaNs, [property: JsonPropertyName("inf")] long Infinities, int Rows, IReadOnlyList<int> FirstRows);

/// <summary>Scores that are not finite, as moments.parquet counts them for each head.</summary>
public sealed record NonFiniteScores([property: JsonPropertyName("nan")] long NaNs, [property: JsonPropertyName("inf")] long Infinities);
