using HeadScope.ModelCore.Frames;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.ModelCore.Tests.Frames;

/// <summary>Damaged Parquet files give their values or are refused.</summary>
public class ParquetFuzzTests(ITestOutputHelper output)
{
    /// <summary>Values read of a column: a run of a few bytes may say that it has 2^26.</summary>
    const int MaxValues = 20_000;

    static readonly string[] Files =
    [
        "small_v2_deltas.parquet", "small_v2_dictionary.parquet", "arrow_uncompressed_v1_plain.parquet", "arrow_snappy_v1_dictionary.parquet",
        "arrow_gzip_v2_deltas.parquet", "arrow_brotli_v2_dictionary.parquet", "duckdb_snappy_v1.parquet", "duckdb_gzip_v2.parquet", "nested.parquet", "nulls.parquet",
    ];

    [Fact]
    public void Read_DamagedFile_GivesValuesOrInvalidData()
    {
        var mutator = new ParquetMutator([.. Files.Select(name => File.ReadAllBytes(ParquetSamples.PathOf(name)))]);

        // A first buffer of 64 KiB for each column, and what gzip and Brotli make of a few bytes.
        FuzzRun.Check(output, 8_000, mutator.Next, bytes => 256L * bytes + (1 << 20), bytes =>
        {
            using var file = ParquetFile.Open(new MemorySource(bytes));
            foreach (var column in file.Columns)
                Read(file, column);
        });
    }

    static void Read(ParquetFile file, ParquetColumn column)
    {
        switch (column.Type)
        {
            case ColumnType.String:
                Exhaust(file.Read<string>(column.Name));
                break;
            case ColumnType.Int32:
                Exhaust(file.Read<int>(column.Name));
                break;
            case ColumnType.Int64:
                Exhaust(file.Read<long>(column.Name));
                break;
            case ColumnType.Float:
                Exhaust(file.Read<float>(column.Name));
                break;
            case ColumnType.Double:
                Exhaust(file.Read<double>(column.Name));
                break;
            case ColumnType.Boolean:
                Exhaust(file.Read<bool>(column.Name));
                break;
        }
    }

    static void Exhaust<T>(IEnumerable<T> values)
    {
        var count = 0;
        foreach (var _ in values)
        {
            if (++count == MaxValues)
                break;
        }
    }
}
