using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Work;

namespace HeadScope.Client.Commands;

/// <summary>Options that several verbs share, with one meaning.</summary>
internal static class JobOptions
{
    public static Option<string> Model() => new("--model") { Description = "A model: a folder with config.json and its weights, or an id on the Hugging Face hub.", Required = true, HelpName = "DIR|HUB-ID" };

    public static Option<string?> Revision() =>
        new("--revision") { Description = "Branch, tag or commit of a model on the hub. The default is main.", HelpName = "REVISION" };

    public static Option<bool> Raw() => new("--raw") { Description = "Use the weights as stored, without TransformerLens's processing." };

    public static Option<long> Seed() => new("--seed") { Description = "Seed of the random tokens that measure induction.", DefaultValueFactory = _ => 0 };

    public static Option<string?> InductionTokens() =>
        new("--induction-tokens") { Description = "Measure induction on these rows [BOS, r, r] instead.", HelpName = "FILE.safetensors[:TENSOR]" };

    public static Option<string> Job() => new("--job") { Description = "The job's id, as 'submit' and 'list' print it.", Required = true, HelpName = "ID" };

    public static Option<bool> Json() => new("--json") { Description = "Print the outcome as JSON on standard output." };

    public static Option<int> Workers() => Positive("--workers", "Shards scored at a time by the managed backend.", Environment.ProcessorCount);

    public static Option<int> BatchSize() => Positive("--batch-size", "Sequences scored together. It changes speed and memory, not results.", EngineOptions.DefaultBatchSize);

    public static Option<int> Threads() => Positive("--threads", "Threads in all.", Environment.ProcessorCount);

    public static Option<double> Lease() => new("--lease")
    {
        Description = "Seconds without a sign of life after which others take over a worker's shard.",
        DefaultValueFactory = _ => 60,
        Validators = { result => Check<double>(result, value => value is >= 1 and <= 86400, "from 1 to 86400 seconds") },
    };

    /// <summary>Comma-separated levels, or the name of a preset.</summary>
    public static Option<IReadOnlyList<double>> Quantiles() => new("--quantiles")
    {
        Description = "Levels for quantiles.parquet: a list such as 0.5,0.99, or 'notebook' for the thirteen of the notebook.",
        HelpName = "LIST|notebook",
        DefaultValueFactory = _ => JobRequest.NotebookQuantiles,
        CustomParser = result =>
        {
            var text = string.Concat(result.Tokens.Select(token => token.Value));
            if (text == "notebook")
                return JobRequest.NotebookQuantiles;
            var levels = new List<double>();
            foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (!double.TryParse(part, CultureInfo.InvariantCulture, out var level))
                {
                    result.AddError($"--quantiles: '{part}' is not a number. Expected a list such as 0.5,0.99, or 'notebook'.");
                    return [];
                }

                levels.Add(level);
            }

            return levels;
        },
    };

    public static Option<int> Positive(string name, string description, int otherwise) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => otherwise,
        Validators = { result => Check<int>(result, value => value is >= 1 and <= 4096, "from 1 to 4096") },
    };

    public static EngineOptions Engine(ParseResult parsed, Option<int> workers, Option<int> batchSize, Option<int> threads, Option<double> lease, DeviceOptions devices) => new()
    {
        Workers = parsed.GetValue(workers),
        BatchSize = parsed.GetValue(batchSize),
        Threads = parsed.GetValue(threads),
        LeaseDuration = TimeSpan.FromSeconds(parsed.GetValue(lease)),
        Devices = devices.Of(parsed),
    };

    /// <summary>Reports a value that is out of range. One that does not parse is reported by the parser.</summary>
    public static void Check<T>(OptionResult result, Predicate<T> holds, string expected)
        where T : IParsable<T>
    {
        if (result.Tokens is [var token] && T.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) && !holds(value))
            result.AddError($"{result.IdentifierToken?.Value}: {string.Join(' ', result.Tokens.Select(token => token.Value))} is out of range; expected {expected}.");
    }
}
