using System.Globalization;
using HeadScope.Benchmarks;
using HeadScope.ModelCore.Compute;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case ["products", ..]:
        Products.Run(Option("--threads", Environment.ProcessorCount));
        break;
    case ["breakdown", ..]:
        Breakdown.Run(
            Text("--model", "pythia-70m"), Option("--batch", 8), Option("--context", 256), Option("--batches", 4),
            Option("--threads", Environment.ProcessorCount), args.Contains("--brief"));
        break;
    case ["compare", ..]:
        Comparison.Run(
            Text("--model", "pythia-70m"), Option("--batch", 8), Option("--context", 256), Option("--rounds", 5),
            Option("--threads", Environment.ProcessorCount), Text("--python", "/usr/bin/python3"));
        break;
    case ["tokenizer", var definition, .. var rest]:
        TokenizerSpeed.Run(definition, rest);
        break;
    case ["documents", ..]:
        DocumentReading.Run(Option("--megabytes", 100), Text("--peer", "") is { Length: > 0 } peer ? peer : null);
        break;
    case ["watching", var program, ..]:
        Watching.Run(program, Text("--model", "src/Client/Demo"), Option("--rows", 1000), Option("--rounds", 5));
        break;
    case ["one-silo", var program, var server, ..]:
        await OneSilo.RunAsync(program, server, Text("--model", "src/Client/Demo"), Option("--rows", 4000), Option("--rounds", 5));
        break;
    case ["scale", ..]:
        var (workers, shards, sleep) = (Option("--workers", 1000), Option("--shards", 100_000), TimeSpan.FromMilliseconds(
            Option("--milliseconds", 10_000)));
        await Scale.RunAsync(
            workers, Option("--processes", 125), shards, sleep, Text("--model", "src/Client/Demo"),
            Directory.CreateTempSubdirectory("headscope-scale-").FullName, Text("--silo", "") is { Length: > 0 } silo ? silo : null);
        break;
    case ["gpu", ..]:
        return CardSpeed.Run(
            Text("--models", "pythia-70m,pythia-160m,pythia-410m,gpt2")
                .Split(','), Text("--device", "cuda:0"), Option("--batch", 32), Option("--context", 256), Option("--batches", 20),
            Text("--python", "/usr/bin/python3"), Text("--out", "") is { Length: > 0 } file ? file : null, Libtorch());
    case ["gpu-run", ..]: // a process of the one above
        CardRun.Print(
            Text("--model", "pythia-70m"), Text("--device", "cuda:0"),
            Enum.Parse<Precision>(Text("--precision", "float32"), ignoreCase: true), Option("--batch", 32), Option("--context", 256),
            Option("--batches", 20), Libtorch());
        break;
    case ["leak", ..]:
        Leak.Run(
            Text("--model", "demo"), Text("--device", "cpu"), Option("--batch", 4), Option("--context", 32), Option("--batches", 10_000),
            Option("--threads", 1), Libtorch());
        break;
    default:
        Console.Error.WriteLine("""
            Benchmarks [products|breakdown|compare|tokenizer|documents|watching|one-silo|scale|gpu|leak]
              products  [--threads N]                    matrix products, loss and attention, each kernel, beside OpenBLAS where it is installed
              breakdown [--model M] [--batch N] [--context N] [--batches N] [--threads N]
                                                         where the time of scoring goes; M: pythia-70m, pythia-160m, pythia-410m, smollm-135m, qwen3-0.6b,
                                                         gemma-3-270m, demo
              compare   [--model M] [--batch N] [--context N] [--rounds N] [--threads N] [--python PATH]
                                                         scoring beside the notebook's loop in PyTorch, in turn
              tokenizer TOKENIZER [--peer FOLDER] [TEXT...]
                                                         text to tokens on one core, beside node_modules/tokenizers in FOLDER
              documents [--megabytes N] [--peer FOLDER]
                                                         files to text on one core, beside node_modules/@duckdb/node-api in FOLDER, and Python
              watching  HEADSCOPE.DLL [--model DIR] [--rows N] [--rounds N]
                                                         a job with its metrics scraped beside the same job alone
              one-silo  HEADSCOPE.DLL HEADSCOPE-SILO.DLL [--model DIR] [--rows N] [--rounds N]
                                                         a job by a server that is a cluster of itself beside the same job by 'run'
              scale     [--workers N] [--processes N] [--shards N] [--milliseconds N] [--model DIR] [--silo HEADSCOPE-SILO.DLL]
                                                         leases under many workers that sleep in place of scoring: claims in a file store
                                                         or kept by the grains of a silo
              gpu       [--models M,M...] [--device NAME] [--batch N] [--context N] [--batches N] [--python PATH] [--libtorch DIR] [--out FILE.md]
                                                         scoring by TorchSharp in each precision beside the notebook's loop in PyTorch on the
                                                         same device: speed, share of the matrix rate, memory, where the time goes, and the time
                                                         for all of Pile-10k, as Markdown
              leak      [--model M] [--device NAME] [--batch N] [--context N] [--batches N] [--threads N] [--libtorch DIR]
                                                         resident memory and live tensors while TorchSharp scores batch after batch
            """);
        return 2;
}

return 0;

int Option(string name, int otherwise) => int.Parse(Text(name, otherwise.ToString()));

string? Libtorch() => Text("--libtorch", "") is { Length: > 0 } folder ? folder : null;

string Text(string name, string otherwise)
{
    var index = Array.IndexOf(args, name);
    return index >= 0 && index + 1 < args.Length ? args[index + 1] : otherwise;
}
