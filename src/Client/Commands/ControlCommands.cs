using System.CommandLine;
using HeadScope.Client.Output;
using HeadScope.Client.Sources;
using HeadScope.Jobs.Status;

namespace HeadScope.Client.Commands;

/// <summary>headscope pause, resume and priority: what people want of a job that goes on.</summary>
internal static class ControlCommands
{
    public static Command Pause() => Create("pause", """
        Have no more of a job's shards leased; those in work are finished.

        Example:
          headscope pause --server http://127.0.0.1:8470 --job 0123456789abcdef
        """, null, paused: true);

    public static Command Resume() => Create("resume", """
        Let a paused job go on. One that failed or was cancelled goes on when it is submitted again.

        Example:
          headscope resume --server http://127.0.0.1:8470 --job 0123456789abcdef
        """, null, paused: false);

    public static Command Priority()
    {
        var priority = PriorityOption();
        priority.Required = true;
        return Create("priority", """
            Change a job's priority. Servers and 'headscope work --wait' turn to jobs of a higher priority first.

            Example:
              headscope priority --server http://127.0.0.1:8470 --job 0123456789abcdef --priority 10
            """, priority, paused: null);
    }

    /// <summary>A job's priority; 0 unless given.</summary>
    public static Option<int> PriorityOption() => new("--priority")
    {
        Description = "Jobs of a higher priority have workers first, from -100 to 100.",
        HelpName = "N",
        Validators =
        {
            result => JobOptions.Check<int>(
                result, value => value is >= JobControl.LowestPriority and <= JobControl.HighestPriority, $"from {JobControl.LowestPriority} to {JobControl.HighestPriority}"),
        },
    };

    static Command Create(string name, string description, Option<int>? priority, bool? paused)
    {
        var source = new SourceOptions();
        var id = JobOptions.Job();
        var json = JobOptions.Json();
        var command = new Command(name, description);
        source.AddTo(command);
        command.Options.Add(id);
        if (priority is not null)
            command.Options.Add(priority);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            var report = Report.For(parsed.GetValue(json));
            var jobs = await source.OpenAsync(parsed, create: false, report, cancellation).ConfigureAwait(false);
            report.Status(await jobs.ChangeAsync(parsed.GetRequiredValue(id), priority is null ? null : parsed.GetValue(priority), paused, cancellation).ConfigureAwait(false));
            return ExitCode.Done;
        });
        return command;
    }
}
