namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>
/// What is wrong with some bytes, thrown by code that does not know where they come from. <see cref="ParquetFile"/>'s methods
/// turn it into an <see cref="InvalidDataException"/> that says so.
/// </summary>
internal sealed class DecodeFault(string found, string expected, string remedy = Fault.Damaged) : Exception($"found {found}; expected {expected}")
{
    /// <summary>The bytes ended too early: with more of them, reading might succeed.</summary>
    public bool IsEnd { get; private init; }

    public InvalidDataException At(string file, string where) => Fault.At(file, where, found, expected, remedy);

    public static DecodeFault Ends(string what) => new($"{what} cut short", "all of it") { IsEnd = true };
}
