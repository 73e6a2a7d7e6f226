using System.CommandLine;
using System.Text.Json;
using HeadScope.Client.Output;
using HeadScope.CommandLine;
using HeadScope.Data.Tokens;
using HeadScope.Data.Weights;
using HeadScope.Jobs;
using HeadScope.ModelCore.Model;

namespace HeadScope.Client.Commands;

/// <summary>headscope inspect: what a model folder and a token file hold, without running anything.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var model = JobOptions.Model();
        var revision = JobOptions.Revision();
        var tokens = new Option<string?>("--tokens")
        {
            Description = "A token file to check against the model.",
            HelpName = "FILE.safetensors[:TENSOR]|FILE.npy",
        };
        var raw = JobOptions.Raw();
        var json = JobOptions.Json();
        var command = new Command("inspect", """
            Show a model's shape and parameters, under TransformerLens's names, and check tokens against it.

            Example:
              headscope inspect --model ./pythia-70m --tokens pile.safetensors
            """)
        {
            model, revision, tokens, raw, json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetRequiredValue(model), parsed.GetValue(revision), parsed.GetValue(tokens), parsed.GetValue(raw), parsed.GetValue(json),
            cancellation));
        return command;
    }

    static async Task<int> RunAsync(string name, string? revision, string? tokenFile, bool raw, bool json, CancellationToken cancellation)
    {
        var model = await Report.For(json).WithModelsAsync(models => models.FindAsync(name, revision, cancellation)).ConfigureAwait(false);
        var folder = model.Folder;
        using var weights = ModelWeights.Open(folder, raw ? WeightProcessing.None : WeightProcessing.Default);
        using var tokens = tokenFile is null ? null : TokenDataset.Open(TokenLocation.Parse(tokenFile));
        var config = weights.Config;
        var tokenHash = tokens?.Hash(tokens.Rows, config.DVocab);
        var parameters = weights.Parameters.ToList();
        var hash = ModelWeights.Hash(folder);
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(new
            {
                hub = model.Hub,
                family = weights.Family.Name,
                config,
                hash,
                processing = weights.Processing.Names,
                parameters = parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Shape),
                tokens = tokens is null ? null : new { tokens.Rows, tokens.Context, hash = tokenHash, tokens.Metadata },
            }, JobJson.Options));
            return ExitCode.Done;
        }

        var count = parameters.Sum(parameter => parameter.Shape.Aggregate(1L, (product, axis) => product * axis));
        var facts = new (string, object)[]
        {
            ("family", $"{weights.Family.Name} ({config.Architecture})"),
            ("layers x heads", $"{config.NLayers} x " +
                $"{config.NHeads}{(config.NKeyValueHeads == config.NHeads ? "" : $" (keys and values: {config.NKeyValueHeads})")}"),
            ("d_model, d_head, d_mlp", $"{config.DModel}, {config.DHead}, {(config.AttnOnly ? "attention only" : config.DMlp)}"),
            ("d_vocab, n_ctx", $"{config.DVocab:N0}, {config.NCtx:N0}"),
            ("positions", config.PositionalEmbedding == PositionalEmbedding.Rotary ? $"rotary, {config.RotaryDim} of {config.DHead}" : config.PositionalEmbedding.ToString().ToLowerInvariant()),
            ("norm", config.Normalization?.ToString() ?? "none"),
            ("parameters", $"{count:N0}"),
            ("processing", weights.Processing.Names.Count == 0 ? "none" : string.Join(", ", weights.Processing.Names)),
            ("sha-256", hash),
        };
        if (model.Hub is { } source)
            Console.Out.WriteLine($"{"hub",-24}{source.Repository}, {source.Revision} is commit {source.Commit}");
        foreach (var (fact, value) in facts)
            Console.Out.WriteLine($"{fact,-24}{value}");
        if (tokens is not null)
        {
            Console.Out.WriteLine($"{"tokens",-24}{tokens.Rows:N0} rows of {tokens.Context}, all in the " +
                $"vocabulary{(tokens.Context > config.NCtx ? $"; LONGER than n_ctx {config.NCtx}" : "")}");
            Console.Out.WriteLine($"{"tokens sha-256",-24}{tokenHash}");
            foreach (var (entry, value) in tokens.Metadata)
                Console.Out.WriteLine($"{$"tokens {entry}",-24}{value}");
        }

        Console.Out.WriteLine();
        foreach (var (parameter, shape) in parameters)
            Console.Out.WriteLine($"{parameter,-32}{TensorInfo.Describe(shape)}");
        return ExitCode.Done;
    }
}
