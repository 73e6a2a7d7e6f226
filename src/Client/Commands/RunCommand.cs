using System.CommandLine;
using HeadScope.Client.Output;
using HeadScope.Jobs.Specs;

namespace HeadScope.Client.Commands;

/// <summary>headscope run: a job, here, now.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var model = JobOptions.Model();
        var revision = JobOptions.Revision();
        var tokens = new Option<string>("--tokens") { Description = "Token rows [rows, context]; the tensor is 'tokens' unless named.", Required = true, HelpName = "FILE.safetensors[:TENSOR]|FILE.npy" };
        var output = new Option<string>("--out") { Description = "Where the results go. The same command again resumes.", Required = true, HelpName = "DIR" };
        var rows = new Option<int?>("--rows") { Description = "Score the first N rows only.", HelpName = "N" };
        var quantile = new Option<double>("--quantile") { Description = "Level of the score columns.", DefaultValueFactory = _ => JobRequest.DefaultQuantile };
        var noInduction = new Option<double>("--no-induction-quantile") { Description = "Level of the columns that leave induction out.", DefaultValueFactory = _ => JobRequest.DefaultNoInductionQuantile };
        var quantiles = JobOptions.Quantiles();
        var raw = JobOptions.Raw();
        var batchSize = JobOptions.BatchSize();
        var shardRows = new Option<int?>("--shard-rows") { Description = "Rows of a shard: what is lost at most when a worker dies.", HelpName = "N" };
        var workers = JobOptions.Workers();
        var threads = JobOptions.Threads();
        var seed = JobOptions.Seed();
        var keepScores = new Option<bool>("--keep-scores") { Description = "Keep every score, as scores.parquet." };
        var skipHeads = new Option<bool>("--skip-heads") { Description = "Leave out the columns of the weights alone." };
        var inductionTokens = JobOptions.InductionTokens();
        var examples = new Option<int>("--examples") { Description = "Positions listed for each head, score and side.", DefaultValueFactory = _ => JobRequest.DefaultExamples };
        var force = new Option<bool>("--force") { Description = "Start over: delete this job's shards and results, and replace what another job left in DIR." };
        var lease = JobOptions.Lease();
        var json = JobOptions.Json();

        var command = new Command("run", """
            Score every head of a model over a token dataset, on this machine.

            Results: head_df.csv and .parquet, quantiles.parquet, moments.parquet, token_loss.parquet, examples.parquet, report.html.

            Example:
              headscope run --model EleutherAI/pythia-70m --tokens pile.safetensors --rows 288 --out results
            """)
        {
            model, revision, tokens, output, rows, quantile, noInduction, quantiles, raw, batchSize, shardRows, workers, threads, seed, keepScores, skipHeads,
            inductionTokens, examples, force, lease, json,
        };
        command.SetAction((parsed, cancellation) => new LocalRun(
            new JobRequest
            {
                Model = parsed.GetRequiredValue(model),
                Revision = parsed.GetValue(revision),
                Tokens = parsed.GetRequiredValue(tokens),
                Rows = parsed.GetValue(rows),
                Quantile = parsed.GetValue(quantile),
                NoInductionQuantile = parsed.GetValue(noInduction),
                Quantiles = parsed.GetValue(quantiles) ?? [],
                Raw = parsed.GetValue(raw),
                KeepScores = parsed.GetValue(keepScores),
                SkipHeads = parsed.GetValue(skipHeads),
                InductionTokens = parsed.GetValue(inductionTokens),
                Seed = parsed.GetValue(seed),
                ShardRows = parsed.GetValue(shardRows),
                Examples = parsed.GetValue(examples),
            },
            parsed.GetRequiredValue(output),
            JobOptions.Engine(parsed, workers, batchSize, threads, lease),
            parsed.GetValue(force),
            Report.For(parsed.GetValue(json))).RunAsync(cancellation));
        return command;
    }
}
