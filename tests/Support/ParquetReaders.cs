using System.Globalization;
using System.Text.Json;
using HeadScope.Data.Frames;

namespace HeadScope.Tests.Support;

/// <summary>DuckDB and hyparquet, two readers that share no code with each other or with us.</summary>
internal static class ParquetReaders
{
    static readonly string[] Packages = ["@duckdb/node-api@1.5.6-r.1", "hyparquet@1.31.5"];

    static readonly Dictionary<ColumnType, (string DuckDb, string Hyparquet)> TypeNames = new()
    {
        [ColumnType.Int32] = ("INTEGER", "REQUIRED INT32"),
        [ColumnType.Int64] = ("BIGINT", "REQUIRED INT64"),
        [ColumnType.Float] = ("FLOAT", "REQUIRED FLOAT"),
        [ColumnType.Double] = ("DOUBLE", "REQUIRED DOUBLE"),
        [ColumnType.Boolean] = ("BOOLEAN", "REQUIRED BOOLEAN"),
        [ColumnType.String] = ("VARCHAR", "REQUIRED BYTE_ARRAY STRING"),
    };

    /// <summary>Fails unless both readers find exactly the frame's names, types and values, to the bit, in the file.</summary>
    public static void AssertHolds(params (string Path, Frame Frame)[] files)
    {
        var output = NodePackages.Run("parquet-dump.mjs", Packages, [.. files.Select(file => file.Path)]);
        var dumps = JsonSerializer.Deserialize<Dump[]>(output, JsonSerializerOptions.Web)!;
        foreach (var ((path, frame), dump) in files.Zip(dumps))
        {
            AssertSame(path, frame, dump.DuckDb, frame.Columns.Select(column => TypeNames[column.Type].DuckDb));
            AssertSame(path, frame, dump.Hyparquet, frame.Columns.Select(column => TypeNames[column.Type].Hyparquet));
        }
    }

    /// <summary>The rows of one DuckDB query, as text; null is null.</summary>
    public static string?[][] Query(string sql) =>
        JsonSerializer.Deserialize<string?[][][]>(NodePackages.Run("duckdb.mjs", Packages, sql))![0];

    static void AssertSame(string path, Frame frame, Table found, IEnumerable<string> types)
    {
        Assert.Equal(frame.Columns.Select(column => column.Name), found.Names);
        Assert.Equal(types, found.Types);
        Assert.Equal(frame.Rows, found.Rows);
        for (var i = 0; i < frame.Columns.Count; i++)
        {
            var expected = Text(frame.Values[i]);
            var actual = found.Columns[i];
            var same = expected.Zip(actual).TakeWhile(pair => pair.First == pair.Second).Count();
            Assert.True(
                same == expected.Length && same == actual.Length,
                $"{path}, column '{frame.Columns[i].Name}': {actual.Length} of {expected.Length} values; in row {same} there is "
                + $"'{actual.ElementAtOrDefault(same)}' where '{expected.ElementAtOrDefault(same)}' was written.");
        }
    }

    static string[] Text(ColumnValues values) => values switch
    {
        ColumnValues<int> v => Map(v, value => value.ToString(CultureInfo.InvariantCulture)),
        ColumnValues<long> v => Map(v, value => value.ToString(CultureInfo.InvariantCulture)),
        ColumnValues<float> v => Map(v, value => float.IsNaN(value) ? "NaN" : $"{BitConverter.SingleToUInt32Bits(value)}"),
        ColumnValues<double> v => Map(v, value => double.IsNaN(value) ? "NaN" : $"{BitConverter.DoubleToUInt64Bits(value)}"),
        ColumnValues<bool> v => Map(v, value => value ? "true" : "false"),
        ColumnValues<string> v => v.Span.ToArray(),
        _ => throw new NotSupportedException(),
    };

    static string[] Map<T>(ColumnValues<T> values, Func<T, string> text) => [.. values.Span.ToArray().Select(text)];

    sealed record Dump(Table DuckDb, Table Hyparquet);

    sealed record Table(string[] Names, string[] Types, long Rows, string[][] Columns);
}
