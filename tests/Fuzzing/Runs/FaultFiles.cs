namespace HeadScope.Fuzzing.Runs;

/// <summary>Inputs that fault, each beside what went wrong: a few of each place.</summary>
internal sealed class FaultFiles(string folder, string target)
{
    const int MostOfAPlace = 3;

    readonly Dictionary<string, int> _written = [];

    /// <summary>Whether an input that faults there would be written.</summary>
    public bool Wants(string place) => _written.GetValueOrDefault(place) < MostOfAPlace;

    /// <returns>Where the input is.</returns>
    public string Write(string place, byte[] input, string fault)
    {
        var number = _written[place] = _written.GetValueOrDefault(place) + 1;
        Directory.CreateDirectory(Path.Combine(folder, target));
        var path = Path.Combine(folder, target, $"{place}-{number}");
        File.WriteAllBytes(path, input);
        File.WriteAllText($"{path}.txt", fault);
        Console.Error.WriteLine($"{target}: {path}: {fault.Split('\n')[0]}");
        return path;
    }
}
