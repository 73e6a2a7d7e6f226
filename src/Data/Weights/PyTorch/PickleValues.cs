using HeadScope.Data.Files;
namespace HeadScope.Data.Weights.PyTorch;

// What a pickle may build: null, bool, long, double, BigInteger, string, PickleBytes, object?[] (a tuple), and these. They
// hold references only and are never walked recursively, so a file may nest them as deep, and in as many circles, as it likes.

internal sealed class PickleList : List<object?>;

/// <summary>A dict or OrderedDict in the order of insertion. Keys are neither hashed nor compared: a file cannot make them slow.</summary>
internal sealed class PickleDict : List<KeyValuePair<object?, object?>>;

/// <summary>A byte string; no checkpoint's tensors depend on one, so its contents are passed over.</summary>
internal sealed class PickleBytes
{
    public static PickleBytes Instance { get; } = new();
}

/// <summary>A memory block of elements of one type, which tensors are views of.</summary>
/// <param name="Key">What the file calls it.</param>
/// <param name="Count">Elements, as the pickle says; whoever sets <see cref="Offset"/> has checked that the file holds as many.</param>
internal sealed record PickleStorage(TensorType Type, string Key, long Count)
{
    /// <summary>Where in the file its first element lies.</summary>
    public long Offset { get; set; } = -1;

    /// <summary>Compares its bytes in the file with their checksum; null where they have none, or have been compared.</summary>
    public Action? Verify { get; set; }

    /// <summary>Bytes that the file must hold for it; beyond any file's length where that overflows.</summary>
    public long ByteCount => Count > long.MaxValue / Type.Size() ? long.MaxValue : Count * Type.Size();
}

internal static class PickleValue
{
    /// <summary>What a value is, in a few words for an error message.</summary>
    public static string Describe(object? value) => value switch
    {
        null => "None",
        bool or long or double => FormattableString.Invariant($"{value}"),
        System.Numerics.BigInteger => "an integer beyond 64 bits",
        string text => Fault.Quote(text),
        PickleBytes => "a byte string",
        object?[] tuple => $"a tuple of {tuple.Length}",
        PickleList list => $"a list of {list.Count}",
        PickleDict dict => $"a dict of {dict.Count}",
        PickleStorage storage => $"a storage of {storage.Count} {storage.Type}",
        TensorView view => $"a tensor {TensorInfo.Describe(view.Shape)} of {view.Storage.Type}",
        PickleGlobal global => $"the global {global.Name}",
        _ => value.GetType().Name,
    };
}
