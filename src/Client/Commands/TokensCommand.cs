using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HeadScope.Client.Output;
using HeadScope.CommandLine;
using HeadScope.Data.Text;
using HeadScope.Data.Tokens;
using HeadScope.Data.Tokens.Concatenation;
using HeadScope.Jobs;
using HeadScope.Jobs.Specs;

namespace HeadScope.Client.Commands;

/// <summary>headscope tokens: text to a token dataset.</summary>
internal static class TokensCommand
{
    const int TokensShown = 30;
    const string Extension = ".safetensors";

    public static Command Create()
    {
        var text = new Option<string>("--text")
        {
            Description = "Documents: a Parquet, JSON lines or text file, a folder of such, or a dataset on the hub.",
            Required = true,
            HelpName = "FILE|DIR|HUB-ID",
        };
        var textRevision = new Option<string?>("--text-revision")
        {
            Description = "Of a dataset on the hub: a branch, tag or commit.",
            HelpName = "REV",
        };
        var split = new Option<string>("--split")
        {
            Description = "Which part of a dataset's folder.",
            HelpName = "NAME",
            DefaultValueFactory = _ => Documents.DefaultSplit,
        };
        var column = new Option<string>("--column")
        {
            Description = "The column, or field, that holds the text.",
            HelpName = "NAME",
            DefaultValueFactory = _ => Documents.DefaultColumn,
        };
        var tokenizer = new Option<string>("--tokenizer")
        {
            Description = "tokenizer.json, a folder with it or with vocab.json and merges.txt, or a model on the hub.",
            Required = true,
            HelpName = "FILE|DIR|HUB-ID",
        };
        var tokenizerRevision = new Option<string?>("--tokenizer-revision")
        {
            Description = "Of a model on the hub: a branch, tag or commit.",
            HelpName = "REV",
        };
        var context = new Option<int>("--ctx")
        {
            Description = "Tokens a row, the first of them the end-of-text token.",
            Required = true,
            HelpName = "N",
        };
        var output = new Option<string>("--out")
        {
            Description = "The token file to write.",
            Required = true,
            HelpName = "FILE.safetensors",
        };
        var profile = new Option<string>("--profile")
        {
            Description = $"Which of TransformerLens's ways to cut text into rows: " +
                $"{string.Join("; ", ConcatenationProfile.All.Select(one => $"{one.Name} ({one.Versions})"))}.",
            HelpName = "NAME",
            DefaultValueFactory = _ => ConcatenationProfile.TransformerLens1.Name,
        };
        profile.AcceptOnlyFromAmong([.. ConcatenationProfile.All.Select(one => one.Name)]);
        var padding = new Option<string>("--padding")
        {
            Description = "The tokenizer's padding token: a model's tokenizer pads with its end-of-text token; <PAD> is added to one " +
                "that has none.",
            HelpName = "TOKEN",
            DefaultValueFactory = _ => ConcatenationOptions.DefaultPadding,
        };
        var noBos = new Option<bool>("--no-bos") { Description = "Rows without the end-of-text token before them." };
        var processes = NumberOption.Create(
            "--processes", "num_proc, which decides where batches of documents end: 1 where the documents were streamed.",
            ConcatenationOptions.DefaultProcesses, 1, 4096);
        var seed = new Option<ulong?>("--shuffle-seed")
        {
            Description = "Shuffle the rows as Hugging Face's Dataset.shuffle(SEED) does; notebooks use 42.",
            HelpName = "SEED",
        };
        var rows = new Option<int?>("--rows") { Description = "Keep the first N rows.", HelpName = "N" };
        var documents = new Option<int?>("--limit-documents") { Description = "Read the first N documents only.", HelpName = "N" };
        var threads = EngineOptionSet.Threads();
        var json = JobOptions.Json();
        var command = new Command("tokens", """
            Make a token dataset of text, id for id as TransformerLens's tokenize_and_concatenate makes it.

            Example:
              headscope tokens --text NeelNanda/pile-10k --tokenizer EleutherAI/pythia-70m --ctx 256 --shuffle-seed 42 --out pile.safetensors
            """)
        {
            text, textRevision, split, column, tokenizer, tokenizerRevision, context, output, profile, padding, noBos, processes, seed, rows, documents, threads, json,
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
                async () =>
                {
                    Check(parsed.GetValue(documents), options, parsed.GetRequiredValue(output));
                    var (textPath, tokenizerPath) = await Report.For(parsed.GetValue(json)).WithModelsAsync(async hub => (
                        await hub.FindTextAsync(parsed.GetRequiredValue(text), parsed.GetValue(textRevision), parsed.GetRequiredValue(split), cancellation).ConfigureAwait(false),
                        await hub.FindTokenizerAsync(parsed.GetRequiredValue(tokenizer), parsed.GetValue(tokenizerRevision), cancellation).ConfigureAwait(false))).ConfigureAwait(false);
                    return Run(
                        Documents.Open(textPath, parsed.GetRequiredValue(column), parsed.GetRequiredValue(split))
                            .Read(), parsed.GetValue(documents), tokenizerPath, options,
                        parsed.GetRequiredValue(output), parsed.GetValue(json), cancellation);
                },
                CancellationToken.None);
        });
        return command;
    }

    static int Run(
        IEnumerable<string> documents, int? documentLimit, string tokenizerPath, ConcatenationOptions options, string output, bool json,
        CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var tokenizer = Tokenizer.Load(tokenizerPath);
        var builder = new TokenDatasetBuilder(tokenizer, options);
        if (documentLimit is { } limit)
            documents = documents.Take(limit);
        ConcatenationSummary summary;
        using (var lines = new ConcatenationLines(TimeProvider.System))
            summary = builder.Build(documents, output, lines, cancellation);
        using var dataset = TokenDataset.Open(new TokenLocation(output));
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
            $"{output}: {dataset.Rows:N0} rows of {dataset.Context}, of {summary.Documents:N0} documents with {summary.Tokens:N0} " +
            $"tokens, in {elapsed.TotalSeconds:F1} s ({summary.Tokens / elapsed.TotalSeconds:N0} tokens/s)."));
        Console.Out.WriteLine($"Profile {options.Profile.Name}, text sha-256 {summary.TextHash}, tokens sha-256 {hash}.");
        Console.Out.WriteLine($"The first row begins: {shown}");
        return ExitCode.Done;
    }

    /// <summary>What can be known to be wrong before anything is read.</summary>
    static void Check(int? documentLimit, ConcatenationOptions options, string output)
    {
        var faults = new List<string>();
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
