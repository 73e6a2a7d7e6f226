using System.CommandLine;
using HeadScope.Client.Local;
using HeadScope.Client.Output;
using HeadScope.Client.Telemetry;

namespace HeadScope.Client.Commands;

/// <summary>headscope run: a job, here, now.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var request = new RequestOptions();
        var output = new Option<string>("--out") { Description = "Where the results go. The same command again resumes.", Required = true, HelpName = "DIR" };
        var batchSize = JobOptions.BatchSize();
        var workers = JobOptions.Workers();
        var threads = JobOptions.Threads();
        var force = new Option<bool>("--force") { Description = "Start over: delete this job's shards and results, and replace what another job left in DIR." };
        var lease = JobOptions.Lease();
        var devices = new DeviceOptions();
        var metrics = new MetricsOptionSet();
        var json = JobOptions.Json();

        var command = new Command("run", """
            Score every head of a model over a token dataset, on this machine.

            Results: head_df.csv and .parquet, quantiles.parquet, moments.parquet, token_loss.parquet, examples.parquet, report.html.

            Example:
              headscope run --model EleutherAI/pythia-70m --tokens pile.safetensors --rows 288 --out results
            """)
        {
            output, batchSize, workers, threads, force, lease, json,
        };
        request.AddTo(command);
        devices.AddTo(command);
        metrics.AddTo(command);
        command.SetAction((parsed, cancellation) => WatchedWork.RunAsync(metrics.Of(parsed), stop => new LocalRun(
            request.Read(parsed),
            parsed.GetRequiredValue(output),
            JobOptions.Engine(parsed, workers, batchSize, threads, lease, devices),
            parsed.GetValue(force),
            Report.For(parsed.GetValue(json))).RunAsync(stop), cancellation));
        return command;
    }
}
