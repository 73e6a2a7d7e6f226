using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using HeadScope.Data.Frames;
using HeadScope.Data.Text;

namespace HeadScope.Benchmarks;

/// <summary>
/// Megabytes of UTF-8 text a second, from files to strings on one core, and beside it what DuckDB makes of the same files on one, where
/// a folder with <c>node_modules/@duckdb/node-api</c> is named, and Python's json and gzip, where there is a python3.
/// </summary>
internal static class DocumentReading
{
    const int Rounds = 5;

    const string DuckDb = """
        (async () => {
          const { DuckDBInstance } = require(process.argv[1] + "/node_modules/@duckdb/node-api"), file = process.argv[2];
          const connection = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
          const source = file.endsWith(".parquet") ? `'${file}'` : `read_json('${file}', format = 'newline_delimited', columns = {text: 'VARCHAR'})`;
          let best = Infinity;
          for (let i = 0; i < 5; i++) {
            const start = performance.now();
            await connection.run(`select sum(strlen(text)) from ${source}`);
            best = Math.min(best, performance.now() - start);
          }
          console.log((Number(process.argv[3]) / 1000 / best).toFixed(0));
        })();
        """;

    const string Python = """
        import gzip, json, sys, time
        best = 1e9
        for _ in range(3):
            start = time.perf_counter()
            with (gzip.open if sys.argv[1].endswith(".gz") else open)(sys.argv[1], "rt", encoding="utf-8") as lines:
                total = sum(len(json.loads(line)["text"]) for line in lines)
            best = min(best, time.perf_counter() - start)
        print(f"{float(sys.argv[2]) / 1e6 / best:.0f}")
        """;

    /// <param name="megabytes">How much text.</param>
    /// <param name="peer">A folder with DuckDB's package; null for none.</param>
    public static void Run(int megabytes, string? peer)
    {
        var folder = Directory.CreateTempSubdirectory("headscope-bench-");
        try
        {
            var texts = Texts(megabytes * 1_000_000L);
            var bytes = texts.Sum(text => (long)Encoding.UTF8.GetByteCount(text));
            var plain = Path.Combine(folder.FullName, "plain.parquet");
            WriteParquet(plain, texts);
            var files = new List<string> { plain };
            if (peer is not null)
            {
                foreach (var codec in new[] { "snappy", "gzip", "zstd" })
                {
                    files.Add(Path.Combine(folder.FullName, $"{codec}.parquet"));
                    Recompress(peer, plain, files[^1], codec);
                }
            }

            files.Add(WriteLines(Path.Combine(folder.FullName, "lines.jsonl"), texts));
            files.Add(WriteLines(Path.Combine(folder.FullName, "lines.jsonl.gz"), texts));
            Console.WriteLine("| file | MB | HeadScope MB/s | DuckDB MB/s | Python MB/s |");
            Console.WriteLine("| --- | ---: | ---: | ---: | ---: |");
            foreach (var file in files)
            {
                var duckDb = peer is null ? "" : Output("node", "-e", DuckDb, Path.GetFullPath(peer), file, $"{bytes}");
                var python = file.EndsWith(".parquet", StringComparison.Ordinal) ? "" : Output("python3", "-c", Python, file, $"{bytes}");
                Console.WriteLine($"| {Path.GetFileName(file)} | {new FileInfo(file).Length / 1e6:F0} | " +
                    $"{Measure(file, texts.Count, bytes):F0} | {duckDb} | {python} |");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static double Measure(string file, int count, long bytes)
    {
        var best = TimeSpan.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            if (Documents.Open(file).Read().Count() != count)
                throw new InvalidDataException($"{file}: not the {count} documents that were written.");
            best = TimeSpan.FromTicks(Math.Min(best.Ticks, Stopwatch.GetElapsedTime(start).Ticks));
        }

        return bytes / 1e6 / best.TotalSeconds;
    }

    /// <summary>Words by their rank in a language, some of them outside of ASCII, in documents of some kilobytes.</summary>
    static List<string> Texts(long bytes)
    {
        var random = new Random(1);
        var letters = "eeettaaooiinnshrdlucmfgypwbvk".AsSpan();
        string[] words = [.. new string[20_000]];
        for (var i = 0; i < words.Length; i++)
            words[i] = i % 200 == 0 ? "naïve" : new string(random.GetItems(letters, 2 + random.Next(9)));
        var texts = new List<string>();
        for (var length = 0L; length < bytes;)
        {
            var text = new StringBuilder();
            for (var count = random.Next(1500); count >= 0; count--)
                text.Append(words[(int)(words.Length * Math.Pow(random.NextDouble(), 4))]).Append(random.Next(12) == 0 ? ".\n" : " ");
            texts.Add(text.ToString());
            length += text.Length;
        }

        return texts;
    }

    static void WriteParquet(string path, List<string> texts)
    {
        using var file = File.Create(path);
        var options = new ParquetOptions { CreatedBy = "HeadScope benchmark", RowsPerGroup = 1000 };
        using var writer = new ParquetWriter(file, [new ColumnSpec("text", ColumnType.String)], options);
        writer.Append(texts.ToArray());
        writer.Complete();
    }

    static string WriteLines(string path, List<string> texts)
    {
        using var file = File.Create(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Optimal) : file;
        foreach (var text in texts)
        {
            JsonSerializer.Serialize(stream, new { text });
            stream.WriteByte((byte)'\n');
        }

        return path;
    }

    static void Recompress(string peer, string from, string to, string codec) => Output(
        "node", "-e",
        """
        const { DuckDBInstance } = require(process.argv[1] + "/node_modules/@duckdb/node-api");
        DuckDBInstance.create(":memory:").then(instance => instance.connect()).then(connection => connection.run(process.argv[2]));
        """,
        Path.GetFullPath(peer), $"copy (select * from '{from}') to '{to}' (format parquet, compression {codec}, row_group_size 2048)");

    static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd().Trim();
    }
}
