using System.CommandLine;
using HeadScope.Client.Output;
using HeadScope.Client.Sources;
using HeadScope.CommandLine;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;

namespace HeadScope.Client.Commands;

/// <summary>The verbs that ask one thing about one job, wherever it is, and print how it is then.</summary>
internal static class JobCommands
{
    delegate Task<JobView> Question(IJobSource jobs, string id, ParseResult parsed, Report report, CancellationToken cancellation);

    public static Command Status() => Create("status", """
        Show how far a job is. Ends with 3 if it failed or was cancelled, with 1 if it cannot be read.

        Example:
          headscope status --store /shared/headscope --job 0123456789abcdef
        """, (jobs, id, _, _, cancellation) => jobs.StatusAsync(id, cancellation), CodeOf);

    public static Command Watch() => Create("watch", """
        Show a job's progress until it ends, wherever it is worked on. Ends with 3 if it failed or was cancelled.

        A server that is restarted meanwhile is connected to again. Interrupting this does not stop the job.

        Example:
          headscope watch --server http://127.0.0.1:8470 --job 0123456789abcdef
        """, (jobs, id, _, report, cancellation) => report.FollowAsync(jobs, id, cancellation), CodeOf);

    public static Command Cancel() => Create("cancel", """
        Have a job's workers stop. What is finished is kept: 'submit' lets the job go on.

        Example:
          headscope cancel --store /shared/headscope --job 0123456789abcdef
        """, (jobs, id, _, _, cancellation) => jobs.CancelAsync(id, cancellation));

    public static Command Pause() => Create("pause", """
        Have no more of a job's shards leased; those in work are finished.

        Example:
          headscope pause --server http://127.0.0.1:8470 --job 0123456789abcdef
        """, (jobs, id, _, _, cancellation) => jobs.ChangeAsync(id, null, paused: true, cancellation));

    public static Command Resume() => Create("resume", """
        Let a paused job go on. One that failed or was cancelled goes on when it is submitted again.

        Example:
          headscope resume --server http://127.0.0.1:8470 --job 0123456789abcdef
        """, (jobs, id, _, _, cancellation) => jobs.ChangeAsync(id, null, paused: false, cancellation));

    public static Command Priority()
    {
        var priority = PriorityOption();
        priority.Required = true;
        return Create("priority", """
            Change a job's priority. Servers and 'headscope work --wait' turn to jobs of a higher priority first.

            Example:
              headscope priority --server http://127.0.0.1:8470 --job 0123456789abcdef --priority 10
            """, (jobs, id, parsed, _, cancellation) => jobs.ChangeAsync(id, parsed.GetValue(priority), null, cancellation), options: priority);
    }

    /// <summary>A job's priority; 0 unless given.</summary>
    public static Option<int> PriorityOption() => new("--priority")
    {
        Description = $"Jobs of a higher priority have workers first, {RequestRules.Priority.Expected}.",
        HelpName = "N",
        Validators = { result => NumberOption.Check(result, (int)RequestRules.Priority.Lowest, (int)RequestRules.Priority.Highest) },
    };

    static int CodeOf(JobState state) => state switch
    {
        JobState.Failed or JobState.Cancelled => ExitCode.JobFailed,
        JobState.Unreadable => ExitCode.Failed,
        _ => ExitCode.Done,
    };

    /// <param name="code">The exit code for a job's state; that of success where the question was not about it.</param>
    static Command Create(
        string name, string description, Question ask, Func<JobState, int>? code = null, params IReadOnlyList<Option> options)
    {
        var source = new SourceOptions();
        var id = JobOptions.Job();
        var json = JobOptions.Json();
        var command = new Command(name, description);
        source.AddTo(command);
        foreach (var option in (IEnumerable<Option>)[id, .. options, json])
            command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            var report = Report.For(parsed.GetValue(json));
            var jobs = await source.OpenAsync(parsed, create: false, report, cancellation).ConfigureAwait(false);
            var job = await ask(jobs, parsed.GetRequiredValue(id), parsed, report, cancellation).ConfigureAwait(false);
            report.Status(job);
            return code?.Invoke(job.State) ?? ExitCode.Done;
        });
        return command;
    }
}
