using HeadScope.Data.Files;
namespace HeadScope.Data.Weights.PyTorch;

/// <summary>Finds the state dict in what a checkpoint holds: a dict whose keys are strings and whose values are tensors.</summary>
/// <remarks>
/// The object itself if it is one; else the only one at the least depth, as in <c>{"model": {...}, "epoch": 3}</c>; else,
/// or where those are more, the tensors that the object, a dict, holds among other values. Keys of containers that lead
/// there are no part of names.
/// </remarks>
internal static class StateDict
{
    const string Where = "the pickled object";

    /// <summary>The tensors by name, in the order of the file.</summary>
    /// <exception cref="InvalidDataException">There is no state dict, or it is not clear which it is.</exception>
    public static OrderedDictionary<string, TensorView> Find(object? root, ByteSource source)
    {
        var tensors = new OrderedDictionary<string, TensorView>();
        Int128 elements = 0;
        foreach (var (key, value) in Choose(root, source))
        {
            if (key is not string name || value is not TensorView view)
                continue;
            if (!tensors.TryAdd(name, view))
                throw source.Fail("state dict", $"{Fault.Quote(name)} twice", "names that differ", Remedy.Resave);
            if (tensors.Count > Limits.Tensors)
                throw source.Fail("state dict", "one tensor too many", $"at most {Limits.Tensors}", Remedy.Resave);
            elements += view.Count;
        }

        if (elements > (Int128)source.Length * Limits.ElementsPerFileByte)
            throw source.Fail(
                "state dict",
                $"tensors of {elements} elements in a file of {source.Length} bytes",
                $"at most {Limits.ElementsPerFileByte} for each byte",
                Remedy.Resave);
        return tensors;
    }

    static PickleDict Choose(object? root, ByteSource source)
    {
        var level = new List<Place>();
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        Visit(null, null, root);
        for (var depth = 0; depth <= Limits.SearchDepth && level.Count > 0; depth++)
        {
            var found = level.Where(place => IsStateDict(place.Container)).Take(5).ToList();
            if (found.Count > 1)
                throw source.Fail(
                    Where, $"several dicts of tensors: {string.Join(", ", found)}", "one", "Save one of them alone, best as safetensors.");
            if (found.Count == 1 && (depth == 0 || CountTensors(root) < CountTensors(found[0].Container)))
                return (PickleDict)found[0].Container;
            Descend();
        }

        return CountTensors(root) > 0
            ? (PickleDict)root!
            : throw source.Fail(Where, Contents(root), "a dict of named tensors", "Save model.state_dict(), best as safetensors.");

        void Descend()
        {
            var parents = level;
            level = [];
            foreach (var parent in parents)
            {
                foreach (var (name, child) in Children(parent.Container))
                    Visit(parent, name, child);
            }
        }

        void Visit(Place? parent, string? name, object? value)
        {
            if (value is not (PickleDict or PickleList or object?[]) || !seen.Add(value))
                return;
            if (seen.Count > Limits.SearchedContainers)
                throw source.Fail(Where, "one container too many", $"at most {Limits.SearchedContainers}", Remedy.Resave);
            level.Add(new Place(parent, name, value));
        }
    }

    static IEnumerable<(string? Name, object? Child)> Children(object container) => container switch
    {
        PickleDict dict => dict.Where(item => item.Key is string).Select(item => ((string?)item.Key, item.Value)),
        IEnumerable<object?> items => items.Select(item => ((string?)null, item)),
        _ => [],
    };

    static bool IsStateDict(object container) =>
        container is PickleDict { Count: > 0 } dict && dict.All(item => item is { Key: string, Value: TensorView });

    static int CountTensors(object? container) =>
        container is PickleDict dict ? dict.Count(item => item is { Key: string, Value: TensorView }) : 0;

    static string Contents(object? root)
    {
        var contents = root switch
        {
            PickleDict dict => dict.Take(10).Select(item => $"{PickleValue.Describe(item.Key)}: {PickleValue.Describe(item.Value)}"),
            PickleList list => list.Take(10).Select(PickleValue.Describe),
            object?[] tuple => tuple.Take(10).Select(PickleValue.Describe),
            _ => [],
        };
        return string.Join(", ", contents.Prepend(PickleValue.Describe(root)));
    }

    /// <summary>A container and how it is reached; put in words only for an error, as names may be long.</summary>
    sealed class Place(Place? parent, string? name, object container)
    {
        public object Container => container;

        public override string ToString() => name is null ? $"{parent}" : $"{parent}[{Fault.Quote(name)}]";
    }
}
