using System.CommandLine;
using System.Globalization;
using HeadScope.Client.Local;
using HeadScope.Client.Output;
using HeadScope.CommandLine;
using HeadScope.Data.Tokens;
using HeadScope.Jobs;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Work;

namespace HeadScope.Client.Commands;

/// <summary>headscope demo: the whole main job on what the program carries with it.</summary>
internal static class DemoCommand
{
    /// <summary>A head attends where induction says, or it does not: in between lies little.</summary>
    const float IsInduction = 0.5f;

    public static Command Create()
    {
        var output = new Option<string>("--out")
        {
            Description = "Where model, tokens and results go.",
            HelpName = "DIR",
            DefaultValueFactory = _ => "headscope-demo",
        };
        var json = JobOptions.Json();
        var command = new Command("demo", """
            Score a small bundled model on bundled text, and say what its heads do.

            Example:
              headscope demo --out demo
            """)
        {
            output, json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetRequiredValue(output), parsed.GetValue(json), cancellation));
        return command;
    }

    static async Task<int> RunAsync(string output, bool json, CancellationToken cancellation)
    {
        var report = Report.For(json);
        var bundle = DemoBundle.Unpack(output);
        report.Say($"A four-layer model, and C# sources as its text: {bundle.Tokens} ({bundle.Rows:N0} rows).");
        var run = new LocalRun(
            new JobRequest { Model = bundle.Model, Tokens = new TokenLocation(bundle.Tokens) },
            output, new EngineOptions(), force: true, dryRun: false, report);
        var code = await run.RunAsync(cancellation).ConfigureAwait(false);
        if (code == ExitCode.Done && !json)
            Explain(Path.Combine(output, ResultNames.HeadsCsv), output);
        return code;
    }

    /// <summary>Names the heads that the frame reveals.</summary>
    static void Explain(string frame, string output)
    {
        var lines = File.ReadAllLines(frame);
        var columns = lines[0].Split(',').Index().ToDictionary(column => column.Item, column => column.Index);
        var heads = lines.Skip(1).Select(line => line.Split(',')).ToList();
        float Value(string[] head, string column) => float.Parse(head[columns[column]], CultureInfo.InvariantCulture);
        string Named(IEnumerable<string[]> some, string column) =>
            string.Join(
                ", ",
                some.Select(head => string.Create(CultureInfo.InvariantCulture, $"{head[columns["label"]]} ({Value(head, column):F2})")));

        var induction = heads.Where(head => Value(head, "induction") > IsInduction).OrderByDescending(head => Value(head, "induction"))
            .ToList();
        var movers = heads.OrderByDescending(head => Value(head, "mover_dla")).Take(induction.Count + 1).ToList();
        Console.Out.WriteLine();
        Console.Out.WriteLine("What the frame shows:");
        Console.Out.WriteLine(
            $"  Induction heads, which attend to what followed the previous copy of the current token: {Named(induction, "induction")}.");
        Console.Out.WriteLine($"  The strongest movers, which copy earlier tokens into the prediction (mover DLA at the 0.9 quantile): " +
            $"{Named(movers, "mover_dla")}.");
        Console.Out.WriteLine(
            $"  The same where induction does not explain the token (0.95 quantile): {Named(movers, "mover_dla_no_ind")}.");
        Console.Out.WriteLine(
            $"  Their OV circuits map tokens to themselves (share of the vocabulary): {Named(movers, "frac_copy_argmax")}.");
        Console.Out.WriteLine($"Open {Path.Combine(output, ResultNames.Report)} in a browser to see all {heads.Count} heads.");
    }
}
