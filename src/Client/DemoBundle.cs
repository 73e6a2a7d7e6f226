using System.Reflection;
using HeadScope.Data.Tokens;

namespace HeadScope.Client;

/// <summary>The model and the text that the program carries with it, as files.</summary>
/// <param name="Model">A folder with config, weights and tokenizer.</param>
/// <param name="Tokens">A token file.</param>
/// <param name="Rows">Token rows in it.</param>
internal sealed record DemoBundle(string Model, string Tokens, int Rows)
{
    const string ModelPrefix = "demo/";
    const string TextPrefix = "text/";
    const int Context = 256;

    /// <summary>Enough to show what heads do, and done within a minute on a slow machine.</summary>
    const int MostRows = 1024;

    public static DemoBundle Unpack(string folder)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var model = Path.Combine(folder, "demo-model");
        Directory.CreateDirectory(model);
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(ModelPrefix, StringComparison.Ordinal)))
        {
            using var source = assembly.GetManifestResourceStream(name)!;
            using var target = File.Create(Path.Combine(model, name[ModelPrefix.Length..]));
            source.CopyTo(target);
        }

        var rows = TokenRows(assembly, Tokenizer.Load(model));
        var tokens = Path.Combine(folder, "demo-tokens.safetensors");
        TokenFile.Write(tokens, rows);
        return new DemoBundle(model, tokens, rows.Count);
    }

    /// <summary>The sources one after another, in order of their names, cut into rows that each start with the end-of-text token.</summary>
    static List<int[]> TokenRows(Assembly assembly, Tokenizer tokenizer)
    {
        var separator = tokenizer.BosId ?? 0;
        var stream = new List<int>();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(TextPrefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            stream.Add(separator);
            tokenizer.Encode(reader.ReadToEnd().ReplaceLineEndings("\n").AsSpan(), stream);
        }

        var rows = new List<int[]>();
        for (var start = 0; start + Context - 1 <= stream.Count && rows.Count < MostRows; start += Context - 1)
            rows.Add([separator, .. stream[start..(start + Context - 1)]]);
        return rows;
    }
}
