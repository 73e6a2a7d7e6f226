using System.Globalization;
using System.Text;

namespace HeadScope.Tests.Support;

/// <summary>A scrape's answer taken apart, by the grammar of the text format and nothing of ours.</summary>
internal sealed class PrometheusSamples
{
    readonly Dictionary<string, double> _samples = [];

    PrometheusSamples()
    {
    }

    /// <summary>By name, as metadata gives it.</summary>
    public Dictionary<string, string> Types { get; } = [];

    public Dictionary<string, string> Units { get; } = [];

    public Dictionary<string, string> Helps { get; } = [];

    /// <summary>Name and labels of every sample.</summary>
    public List<(string Name, IReadOnlyDictionary<string, string> Labels, double Value)> All { get; } = [];

    public bool HasEnd { get; private set; }

    /// <summary>The value of the sample with exactly these labels, <c>name</c> or <c>name{a="b"}</c>.</summary>
    public double this[string series] => _samples.TryGetValue(series, out var value)
        ? value
        : throw new KeyNotFoundException($"There is no {series} among {string.Join(", ", _samples.Keys)}.");

    /// <summary>Null where there is no such sample.</summary>
    public double? Value(string series) => _samples.TryGetValue(series, out var value) ? value : null;

    public static PrometheusSamples Parse(string text)
    {
        Assert.True(text.Length == 0 || text[^1] == '\n', "the last line does not end");
        var result = new PrometheusSamples();
        foreach (var line in text.Split('\n')[..^1])
        {
            Assert.False(result.HasEnd, "something follows # EOF");
            if (line == "# EOF")
                result.HasEnd = true;
            else if (line.StartsWith("# ", StringComparison.Ordinal))
                result.Describe(line.Split(' ', 4));
            else
                result.Sample(line);
        }

        return result;
    }

    void Describe(string[] words)
    {
        var into = words[1] switch { "TYPE" => Types, "UNIT" => Units, "HELP" => Helps, _ => throw new FormatException(string.Join(' ', words)) };
        Assert.True(into.TryAdd(words[2], words[3]), $"{words[2]} has {words[1]} twice");
    }

    void Sample(string line)
    {
        var at = line.IndexOfAny(['{', ' ']);
        var name = line[..at];
        Assert.Matches("^[a-zA-Z_:][a-zA-Z0-9_:]*$", name);
        var labels = new Dictionary<string, string>();
        if (line[at] == '{')
        {
            at += line[at + 1] == '}' ? 1 : 0;
            while (line[at] != '}')
            {
                var equals = line.IndexOf('=', at);
                var label = line[(at + 1)..equals];
                Assert.Matches("^[a-zA-Z_][a-zA-Z0-9_]*$", label);
                Assert.Equal('"', line[equals + 1]);
                at = equals + 2;
                Assert.True(labels.TryAdd(label, Quoted(line, ref at)), $"{label} is there twice: {line}");
            }

            at++;
        }

        Assert.Equal(' ', line[at]);
        var value = line[(at + 1)..] switch
        {
            "NaN" => double.NaN,
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            var number => double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture),
        };
        All.Add((name, labels, value));
        var series = labels.Count == 0 ? name : $"{name}{{{string.Join(',', labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}=\"{label.Value}\""))}}}";
        Assert.True(_samples.TryAdd(series, value), $"{series} is there twice");
    }

    /// <summary>Reads to the closing quotation mark and past it.</summary>
    static string Quoted(string line, ref int at)
    {
        var value = new StringBuilder();
        for (; line[at] != '"'; at++)
        {
            if (line[at] != '\\')
                value.Append(line[at]);
            else
                value.Append(line[++at] switch { 'n' => '\n', '\\' => '\\', '"' => '"', var other => throw new FormatException($"\\{other} in {line}") });
        }

        at++;
        return value.ToString();
    }
}
