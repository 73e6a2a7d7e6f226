using System.CommandLine;
using System.Globalization;
using HeadScope.Jobs;
using HeadScope.Jobs.Specs;

namespace HeadScope.Client.Commands;

/// <summary>Options that several verbs share, with one meaning.</summary>
internal static class JobOptions
{
    public static Option<string> Model() => new("--model")
    {
        Description = "A model: a folder with config.json and its weights, or an id on the Hugging Face hub.",
        Required = true,
        HelpName = "DIR|HUB-ID",
    };

    public static Option<string?> Revision() =>
        new("--revision") { Description = "Branch, tag or commit of a model on the hub. The default is main.", HelpName = "REVISION" };

    public static Option<bool> Raw() => new("--raw") { Description = "Use the weights as stored, without TransformerLens's processing." };

    public static Option<long> Seed() =>
        new("--seed") { Description = "Seed of the random tokens that measure induction.", DefaultValueFactory = _ => 0 };

    public static Option<string?> InductionTokens() =>
        new("--induction-tokens")
        {
            Description = "Measure induction on these rows [BOS, r, r] instead.",
            HelpName = "FILE.safetensors[:TENSOR]",
        };

    public static Option<string> Job() =>
        new("--job") { Description = "The job's id, as 'submit' and 'list' print it.", Required = true, HelpName = "ID" };

    public static Option<bool> Json() => new("--json") { Description = "Print the outcome as JSON on standard output." };

    /// <summary>Comma-separated levels, or the name of a preset.</summary>
    public static Option<IReadOnlyList<double>> Quantiles() => new("--quantiles")
    {
        Description = $"Levels for {ResultNames.Quantiles}: a list such as 0.5,0.99, or '{RequestRules.NotebookPreset}' for the " +
            $"notebook's thirteen.",
        HelpName = $"LIST|{RequestRules.NotebookPreset}",
        DefaultValueFactory = _ => JobRequest.NotebookQuantiles,
        CustomParser = result =>
        {
            var text = string.Concat(result.Tokens.Select(token => token.Value));
            if (text == RequestRules.NotebookPreset)
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
}
