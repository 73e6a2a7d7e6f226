using HeadScope.Fuzzing.Targets;
using HeadScope.Tests.Support;

namespace HeadScope.Fuzzing.Runs;

/// <summary>Damaged inputs of one target, of which those that reach new edges are damaged further.</summary>
/// <param name="Target">Its name.</param>
/// <param name="First">The number of the first input.</param>
/// <param name="Count">How many there are in all.</param>
/// <param name="Out">The folder for inputs that fault.</param>
/// <param name="Keep">Whether inputs that reach new edges are kept for later runs.</param>
internal sealed record FuzzRun(string Target, long First, long Count, int Seed, string Out, bool Keep)
{
    /// <summary>Longer ones cost more than they find.</summary>
    const int LongestKnown = 1 << 15;

    const int MostKnown = 4000;

    /// <summary>Inputs that are kept of a target, and their bytes.</summary>
    const int MostKept = 25, MostKeptBytes = 6000;

    const int TrimmingTries = 2000;

    /// <summary>The input of a number: the same for the same seed and the same known inputs.</summary>
    /// <param name="whole">Known inputs that were accepted, of which every other is made.</param>
    public static byte[] Next(FuzzTarget target, IReadOnlyList<byte[]> whole, IReadOnlyList<byte[]> known, int seed, long number)
    {
        var random = new Random(unchecked((int)(seed * 1_000_003L + number)));
        return target.Damage(random.Next(2) == 0 ? whole : known, random);
    }

    public void Run(RunState state)
    {
        using var folder = new TemporaryFolder();
        var target = FuzzTargets.All.Single(entry => entry.Name == Target).Make(folder);
        var faults = new FaultFiles(Out, Target);
        var edges = Coverage.NothingKnown();
        List<byte[]> whole = [.. target.Seeds], known = [.. target.Seeds, .. FuzzTargets.KeptInputs(Target)];
        foreach (var input in known)
            Read(input);
        for (var number = First; number < Count; number++)
        {
            state.Case = number;
            var input = Next(target, whole, known, Seed, number);
            var (isNew, accepted) = Read(input);
            if (!isNew || input.Length > LongestKnown || known.Count >= MostKnown)
                continue;
            known.Add(input);
            if (accepted)
                whole.Add(input);
        }

        state.Case = Count;
        if (Keep)
            KeepSome(target, known, state);

        (bool IsNew, bool Accepted) Read(byte[] input)
        {
            Coverage.Clear();
            var result = Watched(target, input, state);
            var isNew = Coverage.AddTo(edges);
            if (isNew)
                state.Edges = edges.LongCount(bits => bits != 0);
            state.Accepted += result.Accepted ? 1 : 0;
            state.Slowest = result.Time > state.Slowest ? result.Time : state.Slowest;
            state.Memory = Math.Max(state.Memory, result.Memory);
            if (result.Fault is null)
                return (isNew, result.Accepted);
            state.Faults++;
            if (faults.Wants(result.Place))
            {
                var file = faults.Write(result.Place, input, result.Fault);
                File.WriteAllBytes(file, Trim(target, input, result.Place, state));
            }

            return (false, false);
        }
    }

    static FuzzCase Watched(FuzzTarget target, byte[] input, RunState state)
    {
        state.Input = input;
        state.Reads++;
        return FuzzCase.Run(target, input);
    }

    /// <summary>Takes pieces away as long as the fault stays.</summary>
    static byte[] Trim(FuzzTarget target, byte[] input, string place, RunState state)
    {
        var tries = 0;
        for (var piece = input.Length / 2; piece > 0; piece /= 2)
        {
            for (var at = 0; at + piece <= input.Length && tries < TrimmingTries;)
            {
                byte[] shorter = [.. input[..at], .. input[(at + piece)..]];
                tries++;
                if (Watched(target, shorter, state).Place == place)
                    input = shorter;
                else
                    at += piece;
            }
        }

        return input;
    }

    /// <summary>Writes the smallest inputs that together reach more than the seeds do; past faults stay.</summary>
    void KeepSome(FuzzTarget target, IEnumerable<byte[]> known, RunState state)
    {
        var edges = Coverage.NothingKnown();
        foreach (var seed in target.Seeds)
            Reaches(seed);
        var folder = Directory.CreateDirectory(FuzzTargets.Kept(Target)).FullName;
        foreach (var file in Directory.GetFiles(folder, "reached-*"))
            File.Delete(file);
        var (total, number) = (0, 0);
        foreach (var input in known.Skip(target.Seeds.Count).OrderBy(input => input.Length))
        {
            if (number == MostKept || total + input.Length > MostKeptBytes)
                break;
            if (!Reaches(input))
                continue;
            total += input.Length;
            File.WriteAllBytes(Path.Combine(folder, $"reached-{++number:D3}"), input);
        }

        bool Reaches(byte[] input)
        {
            Coverage.Clear();
            Watched(target, input, state);
            return Coverage.AddTo(edges);
        }
    }
}
