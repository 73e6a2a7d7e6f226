using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.ModelCore.Compute;

namespace HeadScope.Jobs.Records;

/// <summary>
/// What a job's results are and what they were made of: the same bytes on every run. Written last, it says that the job is done.
/// </summary>
public sealed record Manifest(
    string Job, string Product, ManifestModel Model, ManifestTokens Tokens, ScoreOptions Scores, ManifestInduction? Induction,
    ManifestCompute Compute, JobSummary Summary,
    IReadOnlyDictionary<string, ResultFile> Files)
{
    /// <summary>
    /// What does not hold, in half a sentence; null where all does. A name that is none could lead out of the job's folder.
    /// </summary>
    internal string? Fault()
    {
        foreach (var (name, file) in Files)
        {
            if (name.Contains('/', StringComparison.Ordinal) || !BlobName.Is(name))
                return "it names a result with what is no file name";
            if (file is not { Bytes: >= 0, Sha256.Length: 64 } || !file.Sha256.All(char.IsAsciiHexDigitLower))
                return $"it does not say the hash and the length of {name}";
        }

        return null;
    }
}

/// <param name="Hub">Where it came from, if from the hub.</param>
/// <param name="Processing">TransformerLens's names of the weight processing that ran.</param>
public sealed record ManifestModel(
    string Name, HubSource? Hub, string Hash, int Layers, int HeadsPerLayer, IReadOnlyList<string> Processing);

public sealed record ManifestTokens(int Rows, int Context, string Hash);

/// <param name="Precision">Of matrix products.</param>
/// <param name="Devices">The kinds of devices that scored shards, such as <c>managed</c> or <c>torch cuda</c>.</param>
/// <param name="DistanceFromFloat64">
/// How far one layer of random numbers was from float64 on the worst of them, relative to values above 1, to two digits. A model of many
/// layers adds up more.
/// </param>
public sealed record ManifestCompute(Precision Precision, IReadOnlyList<string> Devices, double? DistanceFromFloat64);

/// <param name="Rows">Sequences on which induction was measured.</param>
/// <param name="Repeat">Random tokens in a sequence, each twice.</param>
public sealed record ManifestInduction(int Rows, int Repeat, string Hash);

/// <summary>What the manifest says of a result.</summary>
public sealed record ResultFile(string Sha256, long Bytes);
