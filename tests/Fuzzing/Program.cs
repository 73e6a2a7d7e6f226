using System.Globalization;
using HeadScope.Fuzzing.Runs;
using HeadScope.Fuzzing.Targets;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["worker", var target, var first, var count, var workerSeed, var faults, var keep, var path])
{
    Coverage.Start();
    using var state = new RunState(path);
    new FuzzRun(target, Number(first), Number(count), (int)Number(workerSeed), faults, bool.Parse(keep)).Run(state);
    return 0;
}

var (inputs, seed, only, folder, keeps) = (1_000_000L, 1, default(string), "fuzz-faults", false);
for (var i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--inputs" when i + 1 < args.Length:
            inputs = Number(args[++i]);
            break;
        case "--seed" when i + 1 < args.Length:
            seed = (int)Number(args[++i]);
            break;
        case "--target" when FuzzTargets.All.Any(entry => entry.Name == args.ElementAtOrDefault(i + 1)):
            only = args[++i];
            break;
        case "--out" when i + 1 < args.Length:
            folder = args[++i];
            break;
        case "--keep":
            keeps = true;
            break;
        default:
            Console.Error.WriteLine($"""
                Fuzzing [--inputs N] [--seed N] [--target NAME] [--out FOLDER] [--keep]
                  Damages inputs of every reader of bytes from elsewhere, and lets it read them. Exit code 1 where one faults.
                  --inputs  how many, of all targets together; the default is 1,000,000
                  --seed    another gives other inputs; the default is 1
                  --target  one of {string.Join(", ", FuzzTargets.All.Select(entry => entry.Name))}
                  --out     the folder for inputs that fault; the default is fuzz-faults
                  --keep    keep inputs that reach new code in tests/fixtures/fuzz, where tests and later runs read them
                """);
            return 2;
    }
}

return new Supervisor(inputs, seed, only, folder, keeps).Run() == 0 ? 0 : 1;

static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
