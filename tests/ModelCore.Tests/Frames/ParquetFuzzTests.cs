using System.Diagnostics;
using System.Globalization;
using HeadScope.ModelCore.Frames;
using Xunit.Abstractions;

namespace HeadScope.ModelCore.Tests.Frames;

/// <summary>
/// Damaged Parquet files give their values or an <see cref="InvalidDataException"/>, in bounded time and memory.
/// HEADSCOPE_FUZZ_ITERATIONS and HEADSCOPE_FUZZ_SEED run more cases, and others.
/// </summary>
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
        var iterations = Setting("HEADSCOPE_FUZZ_ITERATIONS", 8_000);
        var seed = Setting("HEADSCOPE_FUZZ_SEED", 1);
        var mutator = new ParquetMutator([.. Files.Select(name => File.ReadAllBytes(ParquetSamples.PathOf(name)))]);
        var (opened, whole, slowest, largest) = (0, 0, TimeSpan.Zero, 0.0);
        var clock = Stopwatch.StartNew();
        for (var iteration = 0; iteration < iterations; iteration++)
        {
            var file = mutator.Next(new Random(unchecked(seed * 1_000_003 + iteration)));
            // A first buffer of 64 KiB for each column, and what gzip and Brotli make of a few bytes.
            var bound = 256L * file.Length + (1 << 20);
            var start = clock.Elapsed;
            var before = GC.GetAllocatedBytesForCurrentThread();
            var fault = Run(file, ref opened, ref whole);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            var elapsed = clock.Elapsed - start;
            Assert.True(
                fault is null && allocated <= bound && elapsed < TimeSpan.FromSeconds(10),
                $"seed {seed}, iteration {iteration}: {allocated} bytes for {file.Length}, {elapsed}, {fault}");
            slowest = elapsed > slowest ? elapsed : slowest;
            largest = Math.Max(largest, (double)allocated / bound);
        }

        output.WriteLine($"{iterations} cases, {opened} opened, {whole} read whole, {clock.Elapsed}; slowest {slowest}, largest {largest:P0} of the bound");
        Assert.InRange(whole, iterations / 100, iterations - iterations / 100);
    }

    /// <summary>Opens a file and reads its columns. Returns what should not have happened.</summary>
    static Exception? Run(byte[] bytes, ref int opened, ref int whole)
    {
        try
        {
            using var file = ParquetFile.Open(new MemorySource(bytes));
            opened++;
            foreach (var column in file.Columns)
                Read(file, column);
            whole++;
            return null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
        catch (Exception unexpected)
        {
            return unexpected;
        }
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

    static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
}
