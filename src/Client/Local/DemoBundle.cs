using System.Reflection;
using HeadScope.Data.Text;
using HeadScope.Data.Tokens;

namespace HeadScope.Client.Local;

/// <summary>The model and the text that the program carries with it, as files.</summary>
/// <param name="Model">A folder with config, weights and tokenizer.</param>
/// <param name="Tokens">A token file.</param>
/// <param name="Rows">Token rows in it.</param>
internal sealed record DemoBundle(string Model, string Tokens, int Rows)
{
    const string Prefix = "demo/";
    const string TextFile = "text.jsonl.gz";
    const int Context = 256;

    /// <summary>Enough to show what heads do, and done within a minute on a slow machine.</summary>
    const int MostRows = 1024;

    public static DemoBundle Unpack(string folder)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var model = Path.Combine(folder, "demo-model");
        var text = Path.Combine(folder, $"demo-{TextFile}");
        Directory.CreateDirectory(model);
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            var file = name[Prefix.Length..];
            using var source = assembly.GetManifestResourceStream(name)!;
            using var target = File.Create(file == TextFile ? text : Path.Combine(model, file));
            source.CopyTo(target);
        }

        var rows = TokenRows(Documents.Open(text).Read(), Tokenizer.Load(model));
        var tokens = Path.Combine(folder, "demo-tokens.safetensors");
        TokenFile.Write(tokens, rows);
        return new DemoBundle(model, tokens, rows.Count);
    }

    /// <summary>The documents one after another, cut into rows that each start with the end-of-text token.</summary>
    static List<int[]> TokenRows(IEnumerable<string> documents, Tokenizer tokenizer)
    {
        var separator = tokenizer.BosId ?? 0;
        var stream = new List<int>();
        foreach (var document in documents)
        {
            stream.Add(separator);
            tokenizer.Encode(document.AsSpan(), stream);
        }

        var rows = new List<int[]>();
        for (var start = 0; start + Context - 1 <= stream.Count && rows.Count < MostRows; start += Context - 1)
            rows.Add([separator, .. stream[start..(start + Context - 1)]]);
        return rows;
    }
}
