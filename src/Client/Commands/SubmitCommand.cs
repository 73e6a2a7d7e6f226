using System.CommandLine;
using HeadScope.Client.Output;
using HeadScope.Client.Sources;
using HeadScope.CommandLine;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;

namespace HeadScope.Client.Commands;

/// <summary>headscope submit: a job for others to do.</summary>
internal static class SubmitCommand
{
    public static Command Create()
    {
        var source = new SourceOptions();
        var request = new RequestOptions();
        var priority = JobCommands.PriorityOption();
        var dryRun = RunCommand.DryRun("Check the job, say what it would be, and submit nothing.");
        var json = JobOptions.Json();
        var command = new CheckedCommand("submit", """
            Put a job where workers find it, and print its id. The same job again finds the first; if it failed or was cancelled, it goes on.

            In a store, model and tokens stay where they are: workers read them there. A server looks for them in its own folders.

            Example:
              headscope submit --store /shared/headscope --model /shared/pythia-70m --tokens /shared/pile.safetensors
              headscope work --store /shared/headscope
              headscope submit --server http://127.0.0.1:8470 --model pythia-70m --tokens pile.safetensors
            """)
        {
            MoreFaults = parsed => request.FaultsOf(parsed, isHere: !source.IsServer(parsed)),
        };
        source.AddTo(command);
        request.AddTo(command);
        command.Options.Add(priority);
        command.Options.Add(dryRun);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            var report = Report.For(parsed.GetValue(json));
            var jobs = await source.OpenAsync(parsed, create: true, report, cancellation).ConfigureAwait(false);
            Func<JobRequest, int, CancellationToken, Task<JobView>> ask = parsed.GetValue(dryRun) ? jobs.FindAsync : jobs.SubmitAsync;
            var status = await ask(request.Read(parsed), parsed.GetValue(priority), cancellation).ConfigureAwait(false);
            if (parsed.GetValue(json) || parsed.GetValue(dryRun))
            {
                report.Status(status);
                return ExitCode.Done;
            }

            Console.Out.WriteLine(status.Id); // alone, for scripts
            report.Say(status.State switch
            {
                JobState.Done => $"It is done: 'headscope pull' fetches its results from {jobs.Location}.",
                JobState.Planned =>
                    $"{status.Shards:N0} shards wait in {jobs.Location}{(jobs is StoreJobs ? ": 'headscope work' does them" : "")}.",
                _ => $"It is under way in {jobs.Location}: {status.ShardsCommitted:N0} of {status.Shards:N0} shards are done.",
            });
            return ExitCode.Done;
        });
        return command;
    }
}
