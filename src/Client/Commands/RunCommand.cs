using System.CommandLine;
using HeadScope.Client.Local;
using HeadScope.Client.Output;
using HeadScope.Client.Telemetry;
using HeadScope.CommandLine;
using HeadScope.Jobs;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Work;

namespace HeadScope.Client.Commands;

/// <summary>headscope run: a job, here, now.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var request = new RequestOptions();
        var output = new Option<string>("--out")
        {
            Description = "Where the results go. The same command again resumes.",
            Required = true,
            HelpName = "DIR",
        };
        var force = new Option<bool>("--force")
        {
            Description = "Start over: delete this job's shards and results, and replace what another job left in DIR.",
        };
        var dryRun = DryRun("Check the job, say what it would be, and do nothing.");
        var engine = new EngineOptionSet();
        var metrics = new MetricsOptionSet();
        var json = JobOptions.Json();

        var command = new CheckedCommand("run", $"""
            Score every head of a model over a token dataset, on this machine.

            Results: {string.Join(", ", ResultNames.Always)}.

            Example:
              headscope run --model EleutherAI/pythia-70m --tokens pile.safetensors --rows 288 --out results
            """)
        {
            output, force, dryRun, json,
        };
        command.MoreFaults = parsed => request.FaultsOf(parsed, isHere: true);
        request.AddTo(command);
        engine.AddTo(command);
        metrics.AddTo(command);
        command.SetAction((parsed, cancellation) => WatchedWork.RunAsync(metrics.Of(parsed), stop => new LocalRun(
            request.Read(parsed),
            parsed.GetRequiredValue(output),
            EngineOf(parsed),
            parsed.GetValue(force),
            parsed.GetValue(dryRun),
            Report.For(parsed.GetValue(json))).RunAsync(stop), cancellation));
        return command;

        EngineOptions EngineOf(ParseResult parsed)
        {
            try
            {
                return engine.Of(parsed);
            }
            catch (InvalidJobException e)
            {
                throw new InvalidJobException([.. e.Faults, .. request.FaultsOf(parsed, isHere: true)]);
            }
        }
    }

    /// <summary>To look and not to do.</summary>
    public static Option<bool> DryRun(string description) => new("--dry-run") { Description = description };
}
