using System.IO.Enumeration;
using System.Text.RegularExpressions;
using HeadScope.Data.Files;

namespace HeadScope.Data.Text;

/// <summary>
/// The files of a folder, and of the folders in it, that hold documents. Splits are told by the names that the Hugging Face hub
/// goes by (https://huggingface.co/docs/hub/datasets-file-names-and-splits). Names that begin with a dot, and links to folders, are passed
/// over.
/// </summary>
internal sealed partial class DatasetFolder
{
    /// <summary>What shards are called that belong to no split in particular.</summary>
    static readonly string[] NamesOfNoSplit = ["data", "part", "shard", "chunk", "file"];

    readonly string _location;
    readonly string[] _relative; // of all files, with forward slashes, in ordinal order

    /// <param name="location">For people.</param>
    /// <param name="files">Relative to it, with forward slashes.</param>
    public DatasetFolder(string location, IEnumerable<string> files) =>
        (_location, _relative) = (location, [.. files.Order(StringComparer.Ordinal)]);

    /// <summary>The files under a folder of this machine.</summary>
    public static DatasetFolder At(string path)
    {
        var files = new FileSystemEnumerable<string>(
            path,
            (ref entry) => entry.ToSpecifiedFullPath(),
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden })
        {
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory,
            ShouldRecursePredicate = (ref entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint), // a link may lead in a circle
        };
        return new DatasetFolder(path, files.Select(file => Path.GetRelativePath(path, file).Replace('\\', '/')));
    }

    /// <summary>
    /// The files, relative to the folder, that hold the documents of a split: those of the first kind that there is. Where no name speaks
    /// of a split, all are the training split; text files are of no split.
    /// </summary>
    /// <exception cref="InvalidDataException">There are no documents, or no such split, a shard of it is missing, or several datasets have
    /// it.</exception>
    public (FileKind Kind, IReadOnlyList<string> Files) Choose(string split)
    {
        foreach (var kind in Enum.GetValues<FileKind>().Where(kind => _relative.Any(file => FileKinds.Of(file) == kind)))
            return (kind, kind == FileKind.Text ? [.. Relative(kind)] : Choose(kind, split));
        throw Fault.At(
            _location, "folder", Describe(), $"{FileKinds.Supported} in it",
            FileKinds.Remedy(_relative.FirstOrDefault(file => file.EndsWith(".arrow", StringComparison.Ordinal))
                ?? _relative.FirstOrDefault() ?? ""));
    }

    List<string> Choose(FileKind kind, string split)
    {
        var splits = Relative(kind).ToLookup(SplitOf);
        var wanted = Normalize(split);
        if (splits.All(group => group.Key is null) && wanted == Documents.DefaultSplit)
            wanted = null;
        var files = splits[wanted].Select(file => (Path: file, Shard: ShardName().Match(file))).ToList();
        if (files.Count == 0)
        {
            var names = splits.Where(group => group.Key is not null).Select(group => Fault.Quote(group.Key!)).ToList();
            throw Fault.At(
                _location, "folder", names.Count == 0 ? "no splits" : $"the splits {string.Join(", ", names)}",
                $"the split {Fault.Quote(split)}",
                "Name one that is there.");
        }

        CheckShards(files);
        return [.. files.Select(file => file.Path)];
    }

    string Describe() => _relative switch
    {
        [] => "no files",
        [var only] => Fault.Quote(only),
        [var first, ..] => $"{Fault.Quote(first)} and {_relative.Length - 1} more",
    };

    /// <summary>Half a download, and two datasets taken for one, would go unnoticed otherwise.</summary>
    void CheckShards(List<(string Path, Match Shard)> files)
    {
        var sets = files.Where(file => file.Shard.Success)
            .GroupBy(file => (Name: file.Shard.Groups["name"].Value, Count: int.Parse(file.Shard.Groups["count"].ValueSpan))).ToList();
        if (sets.Count > 1)
        {
            throw Fault.At(
                _location, "folder",
                $"{sets.Count} sets of shards of one split: {string.Join(", ", sets.Take(4).Select(set => Fault.Quote(set.First().Path)))}",
                "one", "Name the folder, or the file, of one of them.");
        }

        foreach (var set in sets)
        {
            var there = set.Select(file => int.Parse(file.Shard.Groups["number"].ValueSpan)).ToHashSet();
            if (there.Count < set.Count())
            {
                throw Fault.At(
                    _location, "folder", $"{set.Count()} files like {Fault.Quote(set.First().Path)}",
                    $"one for each of {set.Key.Count} shards",
                    "Keep those of one version only.");
            }

            if (Enumerable.Range(0, set.Key.Count).Where(number => !there.Contains(number)).ToList() is [var first, ..] missing)
            {
                throw Fault.At(
                    _location, "folder",
                    $"{there.Count} of {set.Key.Count} shards like {Fault.Quote(set.First().Path)}; number {first} is the first of " +
                    $"{missing.Count} that are missing",
                    "all of them", "Download the rest, or name one file.");
            }
        }
    }

    IEnumerable<string> Relative(FileKind kind) => _relative.Where(file => FileKinds.Of(file) == kind);

    /// <summary>The part of the name before a shard's number, or else the last word of the path that names a split.</summary>
    static string? SplitOf(string file)
    {
        var name = ShardName().Match(Path.GetFileName(file)).Groups["name"].Value;
        if (SplitName().IsMatch(name) && !NamesOfNoSplit.Contains(name))
            return Normalize(name);
        return Word().Matches(file).Select(word => Normalize(word.Value)).LastOrDefault(word => word is "train" or "validation" or "test");
    }

    static string Normalize(string split) => split.ToLowerInvariant() switch
    {
        "training" => "train",
        "valid" or "val" or "dev" => "validation",
        "testing" or "eval" or "evaluation" => "test",
        var other => other,
    };

    [GeneratedRegex(@"^(?<name>.*)[-.](?<number>[0-9]{5})-of-(?<count>[0-9]{5})")]
    private static partial Regex ShardName();

    [GeneratedRegex(@"^\w+$")]
    private static partial Regex SplitName();

    [GeneratedRegex("[A-Za-z]+")]
    private static partial Regex Word();
}
