using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HeadScope.Client.Output;
using HeadScope.Jobs;
using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Tokens;
using HeadScope.ModelCore.Tokens.Concatenation;

namespace HeadScope.Client.Commands;

/// <summary>headscope tokens: text to a token dataset.</summary>
internal static class TokensCommand
{
    const int TokensShown = 30;
    const string Extension = ".safetensors";

    public static Command Create()
    {
        var text = new Option<string>("--text") { Description = "Documents: a .jsonl file has one a line; any other file is one; a folder's files are taken in the order of their paths.", Required = true, HelpName = "FILE|DIR" };
        var column = new Option<string>("--column") { Description = "Which member of a line's object holds the text.", HelpName = "NAME", DefaultValueFactory = _ => "text" };
        var tokenizer = new Option<string>("--tokenizer") { Description = "tokenizer.json, or a folder with it or with vocab.json and merges.txt.", Required = true, HelpName = "FILE|DIR" };
        var context = new Option<int>("--ctx") { Description = "Tokens a row, the first of them the end-of-text token.", Required = true, HelpName = "N" };
        var output = new Option<string>("--out") { Description = "The token file to write.", Required = true, HelpName = "FILE.safetensors" };
        var profile = new Option<string>("--profile")
        {
            Description = $"Which of TransformerLens's ways to cut text into rows: {string.Join("; ", ConcatenationProfile.All.Select(one => $"{one.Name} ({one.Versions})"))}.",
            HelpName = "NAME",
            DefaultValueFactory = _ => ConcatenationProfile.TransformerLens1.Name,
        };
        profile.AcceptOnlyFromAmong([.. ConcatenationProfile.All.Select(one => one.Name)]);
        var padding = new Option<string>("--padding") { Description = "The tokenizer's padding token: a model's tokenizer pads with its end-of-text token; <PAD> is added to one that has none.", HelpName = "TOKEN", DefaultValueFactory = _ => ConcatenationOptions.DefaultPadding };
        var noBos = new Option<bool>("--no-bos") { Description = "Rows without the end-of-text token before them." };
        var processes = JobOptions.Positive("--processes", "num_proc, which decides where batches of documents end: 1 where the documents were streamed.", ConcatenationOptions.DefaultProcesses);
        var seed = new Option<ulong?>("--shuffle-seed") { Description = "Shuffle the rows as Hugging Face's Dataset.shuffle(SEED) does; notebooks use 42.", HelpName = "SEED" };
        var rows = new Option<int?>("--rows") { Description = "Keep the first N rows.", HelpName = "N" };
        var documents = new Option<int?>("--limit-documents") { Description = "Read the first N documents only.", HelpName = "N" };
        var threads = JobOptions.Threads();
        var json = JobOptions.Json();
        var command = new Command("tokens", """
            Make a token dataset of text, id for id as TransformerLens's tokenize_and_concatenate makes it.

            Example:
              headscope tokens --text pile-10k.jsonl --tokenizer ./pythia-70m --ctx 256 --shuffle-seed 42 --out pile.safetensors
            """)
        {
            text, column, tokenizer, context, output, profile, padding, noBos, processes, seed, rows, documents, threads, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var options = new ConcatenationOptions
            {
                Profile = ConcatenationProfile.All.Single(one => one.Name == parsed.GetRequiredValue(profile)),
                Context = parsed.GetValue(context),
                AddBos = !parsed.GetValue(noBos),
                Padding = parsed.GetRequiredValue(padding),
                Processes = parsed.GetValue(processes),
                ShuffleSeed = parsed.GetValue(seed),
                Rows = parsed.GetValue(rows),
                Threads = parsed.GetValue(threads),
            };
            // An interruption is heard only once the action has returned its task.
            return Task.Run(
                () => Run(
                    parsed.GetRequiredValue(text), parsed.GetRequiredValue(column), parsed.GetValue(documents), parsed.GetRequiredValue(tokenizer),
                    options, parsed.GetRequiredValue(output), parsed.GetValue(json), cancellation),
                CancellationToken.None);
        });
        return command;
    }

    static int Run(
        string text, string column, int? documentLimit, string tokenizerPath, ConcatenationOptions options, string output, bool json, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        Check(text, documentLimit, options, output);
        var tokenizer = Tokenizer.Load(tokenizerPath);
        var builder = new TokenDatasetBuilder(tokenizer, options);
        var documents = TextFiles.Open(text, column);
        if (documentLimit is { } limit)
            documents = documents.Take(limit);
        ConcatenationSummary summary;
        using (var lines = new ConcatenationLines(TimeProvider.System))
            summary = builder.Build(documents, output, lines, cancellation);
        using var dataset = TokenDataset.Open(output);
        var hash = dataset.Hash(dataset.Rows, builder.VocabularySize);
        var elapsed = Stopwatch.GetElapsedTime(started);
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(new
            {
                output = Path.GetFullPath(output),
                shape = new[] { dataset.Rows, dataset.Context },
                tokens_sha256 = hash,
                text_tokens = summary.Tokens,
                metadata = dataset.Metadata,
                seconds = elapsed.TotalSeconds,
                peak_memory_mib = PeakMemory.MiB,
            }, JobJson.Options));
            return ExitCode.Done;
        }

        var first = new int[dataset.Context];
        dataset.Read(0, first);
        var shown = tokenizer.Decode([.. first.Take(TokensShown).Where(tokenizer.IsToken)]).ReplaceLineEndings("\\n");
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{output}: {dataset.Rows:N0} rows of {dataset.Context}, of {summary.Documents:N0} documents with {summary.Tokens:N0} tokens, in {elapsed.TotalSeconds:F1} s ({summary.Tokens / elapsed.TotalSeconds:N0} tokens/s)."));
        Console.Out.WriteLine($"Profile {options.Profile.Name}, text sha-256 {summary.TextHash}, tokens sha-256 {hash}.");
        Console.Out.WriteLine($"The first row begins: {shown}");
        return ExitCode.Done;
    }

    /// <summary>What can be known to be wrong before anything is read.</summary>
    static void Check(string text, int? documentLimit, ConcatenationOptions options, string output)
    {
        var faults = new List<string>();
        if (!Path.Exists(text))
            faults.Add($"--text: there is no file or folder {text}.");
        if (!output.EndsWith(Extension, StringComparison.Ordinal))
            faults.Add($"--out is {output}; expected a name that ends with {Extension}.");
        if (options.Context < 2)
            faults.Add($"--ctx is {options.Context}; a row has at least 2 tokens, one to predict another from.");
        if (options.Rows < 1)
            faults.Add($"--rows is {options.Rows}; expected at least 1.");
        if (documentLimit < 1)
            faults.Add($"--limit-documents is {documentLimit}; expected at least 1.");
        if (faults.Count > 0)
            throw new InvalidJobException(faults);
    }
}
