namespace HeadScope.ModelCore.Compute;

/// <summary>How exactly matrix products are computed. All else is float32 everywhere.</summary>
public enum Precision
{
    /// <summary>Float32 operands and sums.</summary>
    Float32,

    /// <summary>Operands with 10 bits of mantissa, summed in float32: the tensor cores of CUDA devices since Ampere.</summary>
    Tf32,

    /// <summary>Operands and results with 7 bits of mantissa, summed in float32.</summary>
    Bfloat16,
}

/// <summary>The names people give and read.</summary>
public static class PrecisionNames
{
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<Precision>().Select(Name)];

    public static string Name(this Precision precision) => precision.ToString().ToLowerInvariant();
}
