using System.Diagnostics;
using System.Text;
using HeadScope.Data.Tokens;

namespace HeadScope.Benchmarks;

/// <summary>
/// Megabytes of UTF-8 a second on one core, of texts given and of the worst cases, and beside it what the Hugging Face tokenizers
/// library does where a folder with <c>node_modules/tokenizers</c> is named.
/// </summary>
internal static class TokenizerSpeed
{
    const int Rounds = 9;

    const string PeerScript = """
        const { Tokenizer } = require(process.argv[1] + "/node_modules/tokenizers"), { readFileSync } = require("fs");
        (async () => {
          const tokenizer = Tokenizer.fromFile(process.argv[2]), text = readFileSync(process.argv[3], "utf8");
          let best = Infinity;
          for (let i = 0; i < 3; i++) {
            const start = performance.now();
            await tokenizer.encode(text, null, { addSpecialTokens: false });
            best = Math.min(best, performance.now() - start);
          }
          console.log((Buffer.byteLength(text) / 1000 / best).toFixed(1));
        })();
        """;

    public static void Run(string definition, string[] rest)
    {
        var peer = rest is ["--peer", var folder, ..] ? folder : null;
        var tokenizer = Tokenizer.Load(definition);
        var texts = rest.Skip(peer is null ? 0 : 2).Select(file => (Path.GetFileName(file), File.ReadAllText(file))).Concat(WorstCases());
        Console.WriteLine($"| text | MB | tokens | HeadScope MB/s |{(peer is null ? "" : " tokenizers MB/s |")}");
        Console.WriteLine($"| --- | ---: | ---: | ---: |{(peer is null ? "" : " ---: |")}");
        foreach (var (name, text) in texts)
        {
            var ids = new List<int>();
            var best = TimeSpan.MaxValue;
            for (var i = 0; i < Rounds; i++)
            {
                ids.Clear();
                var start = Stopwatch.GetTimestamp();
                tokenizer.Encode(text, ids);
                best = TimeSpan.FromTicks(Math.Min(best.Ticks, Stopwatch.GetElapsedTime(start).Ticks));
            }

            var megabytes = Encoding.UTF8.GetByteCount(text) / 1e6;
            var ours = $"| {name} | {megabytes:F1} | {ids.Count} | {megabytes / best.TotalSeconds:F1} |";
            Console.WriteLine(peer is null ? ours : $"{ours} {RunPeer(peer, definition, text)} |");
        }
    }

    static IEnumerable<(string Name, string Text)> WorstCases()
    {
        var random = new Random(1);
        yield return ("one letter", new string('a', 1_000_000));
        yield return ("spaces", new string(' ', 1_000_000));
        yield return ("line ends", new string('\n', 1_000_000));
        yield return ("one word of random letters", new string(random.GetItems("abcdefghijklmnopqrstuvwxyz".AsSpan(), 1_000_000)));
        yield return ("combining marks", new string(random.GetItems("\u0301\u0323\u0334".AsSpan(), 500_000)));
        yield return ("random ideographs", string.Concat(Enumerable.Range(0, 330_000).Select(_ => (char)random.Next(0x4E00, 0x9FA6))));
    }

    static string RunPeer(string folder, string tokenizer, string text)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, text);
            var start = new ProcessStartInfo(
                "node", ["-e", PeerScript, Path.GetFullPath(folder), tokenizer, file])
            { RedirectStandardOutput = true };
            using var node = Process.Start(start)!;
            return node.StandardOutput.ReadToEnd().Trim();
        }
        finally
        {
            File.Delete(file);
        }
    }
}
