using System.Globalization;
using CsvHelper;

namespace HeadScope.Data.Frames;

/// <summary>
/// Writes a frame as the CSV that pandas, polars and DuckDB read back unchanged: UTF-8 without a mark, a header row, commas, LF,
/// fields quoted where they must be (RFC 4180), <c>true</c> and <c>false</c>, the shortest digits that round-trip,
/// <c>NaN</c>, <c>inf</c> and <c>-inf</c>. An empty string is the exception: CSV readers take it for a missing value.
/// </summary>
public static class CsvFrameWriter
{
    static readonly CsvWriterOptions Options = new()
    {
        NewLine = "\n",
        TrueValue = "true", // polars takes no other spelling
        FalseValue = "false",
        FormatProvider = new NumberFormatInfo { NaNSymbol = "NaN", PositiveInfinitySymbol = "inf", NegativeInfinitySymbol = "-inf" },
    };

    /// <summary>Writes the frame and leaves the stream open.</summary>
    public static void Write(Frame frame, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(stream);
        using var csv = CsvWriter.Create(stream, Options, leaveOpen: true);
        foreach (var column in frame.Columns)
            csv.WriteField(column.Name);
        csv.EndRecord();
        for (var row = 0; row < frame.Rows; row++)
        {
            foreach (var values in frame.Values)
                WriteField(csv, values, row);
            csv.EndRecord();
        }
    }

    static void WriteField(CsvWriter csv, ColumnValues values, int row)
    {
        switch (values)
        {
            case ColumnValues<int> integers:
                csv.WriteField(integers.Span[row]);
                break;
            case ColumnValues<long> integers:
                csv.WriteField(integers.Span[row]);
                break;
            case ColumnValues<float> numbers:
                csv.WriteField(numbers.Span[row]);
                break;
            case ColumnValues<double> numbers:
                csv.WriteField(numbers.Span[row]);
                break;
            case ColumnValues<bool> flags:
                csv.WriteField(flags.Span[row]);
                break;
            case ColumnValues<string> strings:
                csv.WriteField(strings.Span[row]);
                break;
        }
    }
}
