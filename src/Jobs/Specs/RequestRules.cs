using System.Globalization;

namespace HeadScope.Jobs.Specs;

/// <summary>The numbers that a field of a request may have.</summary>
/// <param name="Field">Its name, as in JSON.</param>
/// <param name="Expected">For people.</param>
public sealed record NumberRule(string Field, double Lowest, double Highest, string Expected)
{
    /// <summary>What to say of a value that does not hold.</summary>
    public string Fault(string found) => $"{Field}: {found} is out of range; expected {Expected}.";

    /// <summary>What is wrong with a value; null where it holds.</summary>
    public string? FaultOf(double? value) =>
        value is null || (value >= Lowest && value <= Highest) ? null : Fault(value.Value.ToString(CultureInfo.InvariantCulture));
}

/// <summary>What the fields of a request may be, once for the command line, the server and whoever resolves a request.</summary>
public static class RequestRules
{
    /// <summary>Levels of quantiles.parquet, at the most.</summary>
    public const int MostQuantiles = 100;

    /// <summary>The name of the notebook's quantiles, in place of a list.</summary>
    public const string NotebookPreset = "notebook";

    public static NumberRule Rows { get; } = Whole("rows", 1, int.MaxValue);

    public static NumberRule ShardRows { get; } = Whole("shard_rows", 1, int.MaxValue);

    public static NumberRule Examples { get; } = Whole("examples", 0, 1000);

    public static NumberRule Priority { get; } = Whole("priority", -100, 100);

    public static NumberRule Quantile { get; } = Level("quantile");

    public static NumberRule NoInductionQuantile { get; } = Level("no_induction_quantile");

    /// <summary>Of one level of the list.</summary>
    public static NumberRule Quantiles { get; } = Level("quantiles");

    /// <summary>All that is wrong with a request's numbers.</summary>
    public static IEnumerable<string> FaultsOf(JobRequest request)
    {
        string?[] faults =
        [
            Rows.FaultOf(request.Rows), ShardRows.FaultOf(request.ShardRows), Examples.FaultOf(request.Examples),
            Quantile.FaultOf(request.Quantile), NoInductionQuantile.FaultOf(request.NoInductionQuantile),
            .. request.Quantiles.Select(level => Quantiles.FaultOf(level)), FaultOfCount(request.Quantiles.Count),
        ];
        return faults.OfType<string>();
    }

    /// <summary>What is wrong with the number of levels; null where nothing is.</summary>
    public static string? FaultOfCount(int quantiles) =>
        quantiles <= MostQuantiles ? null : $"quantiles: {quantiles} levels are too many; expected at most {MostQuantiles}.";

    static NumberRule Whole(string field, int lowest, int highest) =>
        new(field, lowest, highest, $"a whole number from {lowest} to {highest}");

    static NumberRule Level(string field) => new(field, 0, 1, "a number from 0 to 1");
}
