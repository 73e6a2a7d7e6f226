using System.CommandLine;
using System.Text.Json;
using HeadScope.Client.Output;
using HeadScope.CommandLine;
using HeadScope.Data.Files;
using HeadScope.Data.Frames;
using HeadScope.Data.Tokens;
using HeadScope.Data.Weights;
using HeadScope.Jobs;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.ModelCore.Circuits;
using HeadScope.ModelCore.Compute.Managed;
using HeadScope.ModelCore.Model;

namespace HeadScope.Client.Commands;

/// <summary>headscope heads: what the weights alone say.</summary>
internal static class HeadsCommand
{
    public static Command Create()
    {
        var model = JobOptions.Model();
        var revision = JobOptions.Revision();
        var output = new Option<string>("--out")
        {
            Description = "Where heads.csv, heads.parquet and composition.parquet go.",
            Required = true,
            HelpName = "DIR",
        };
        var raw = JobOptions.Raw();
        var seed = JobOptions.Seed();
        var inductionTokens = JobOptions.InductionTokens();
        var threads = EngineOptionSet.Threads();
        var json = JobOptions.Json();
        var command = new Command("heads", """
            Score heads by their weights: induction, eigenvalues, copying, and composition between heads.

            Example:
              headscope heads --model gpt2 --out heads
            """)
        {
            model, revision, output, raw, seed, inductionTokens, threads, json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetRequiredValue(model), parsed.GetValue(revision), parsed.GetRequiredValue(output), parsed.GetValue(raw),
            parsed.GetValue(seed), parsed.GetValue(inductionTokens),
            parsed.GetValue(threads), parsed.GetValue(json), cancellation));
        return command;
    }

    static async Task<int> RunAsync(
        string name, string? revision, string output, bool raw, long seed, string? inductionTokens, int threads, bool json,
        CancellationToken cancellation)
    {
        var folder = (await Report.For(json).WithModelsAsync(
            models => models.FindAsync(name, revision, cancellation)).ConfigureAwait(false)).Folder;
        using var weights = ModelWeights.Open(folder, raw ? WeightProcessing.None : WeightProcessing.Default);
        var config = weights.Config;
        if (config.WhyNotScored is { } reason)
            throw new InvalidDataException($"{name}: {reason}.");
        var induction = inductionTokens is null
            ? InductionRows.Random(config, seed, Tokenizer.TryLoad(folder))
            : ReadRows(TokenLocation.Parse(inductionTokens), config);
        using var backend = new ManagedBackend(threads);
        using var model = Transformer.Load(weights, backend);
        var columns = WeightsColumns.Compute(weights, model, backend, induction);
        var heads = Frames.AddWeights(Frames.HeadIdentity(config.NLayers, config.NHeads), columns);
        var composition = Composition(new CompositionScores(weights, backend).Compute(), config);

        var target = new FileBlobStore(output);
        await WriteAsync("heads.csv", heads.WriteCsv).ConfigureAwait(false);
        await WriteAsync("heads.parquet", stream => heads.WriteParquet(stream, ProductVersion.Product)).ConfigureAwait(false);
        await WriteAsync("composition.parquet", stream => composition.WriteParquet(stream, ProductVersion.Product)).ConfigureAwait(false);
        if (json)
            Console.Out.WriteLine(JsonSerializer.Serialize(new { output = Path.GetFullPath(output), heads = config.HeadCount, processing = weights.Processing.Names, peak_memory_mib = PeakMemory.MiB }, JobJson.Options));
        else
            Console.Out.WriteLine($"{config.HeadCount} heads: heads.csv, heads.parquet and composition.parquet in {output}");
        return ExitCode.Done;

        Task WriteAsync(string name, Action<Stream> write) => target.WriteAsync(name, (stream, _) =>
        {
            write(stream);
            return Task.CompletedTask;
        }, cancellation);
    }

    static int[][] ReadRows(TokenLocation location, ModelConfig config) =>
        InductionRows.Read(InputPath.Anywhere(location.Path), location.Tensor, config);

    static Frame Composition(float[,,] scores, ModelConfig config)
    {
        var rows = (
            from kind in Enum.GetValues<Composition>()
            from writer in Enumerable.Range(0, config.HeadCount)
            from reader in Enumerable.Range(0, config.HeadCount)
            where writer / config.NHeads < reader / config.NHeads
            select (Kind: kind.ToString(), Writer: writer, Reader: reader, Score: scores[(int)kind, writer, reader])).ToArray();
        string Label(int head) => ModelConfig.HeadLabel(head / config.NHeads, head % config.NHeads);
        return new Frame()
            .Add("kind", Array.ConvertAll(rows, row => row.Kind))
            .Add("writer", Array.ConvertAll(rows, row => Label(row.Writer)))
            .Add("reader", Array.ConvertAll(rows, row => Label(row.Reader)))
            .Add("score", Array.ConvertAll(rows, row => row.Score));
    }
}
