using HeadScope.Data.Files;

namespace HeadScope.Data.Weights.PyTorch;

/// <summary>
/// A state dict written by <c>torch.save</c> (<c>.pth</c>, <c>.pt</c>, <c>.bin</c>), in the zip format of PyTorch 1.6 and later
/// or the one before. Opening it reads the names, types and shapes; values are read from the file only when asked for.
/// </summary>
/// <remarks>
/// <para>Such a file is a program for Python's pickle machine, and may come from anyone. This reader's machine can build
/// tensors, plain containers and scalars, and nothing else: no code runs, whatever the file holds. Time and memory are bounded
/// by the file's size, and by <c>Limits</c>, whatever the file says.</para>
/// <para>Dense tensors of any stride are read; so are Parameters, as the tensors in them. Reading needs at most 1 MiB beside
/// the destination, and any number of threads may read at the same time.</para>
/// </remarks>
public sealed class PyTorchCheckpoint : ITensorSource
{
    readonly ByteSource _source;
    readonly OrderedDictionary<string, TensorView> _views;
    bool _disposed;

    PyTorchCheckpoint(ByteSource source)
    {
        _source = source;
        _views = StateDict.Find(LoadObject(source), source);
        var tensors = new OrderedDictionary<string, TensorInfo>(_views.Count);
        foreach (var (name, view) in _views)
            tensors.Add(name, new TensorInfo(name, view.Storage.Type, [.. view.Shape]));
        Tensors = tensors;
    }

    /// <summary>What messages call the file.</summary>
    public string Location => _source.Name;

    /// <summary>The tensors by name, in the order of the file.</summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Opens the checkpoint at <paramref name="path"/> and keeps the file open until disposed.</summary>
    /// <exception cref="InvalidDataException">
    /// The file is no such checkpoint, is damaged, or holds what is not allowed. The message says what was found, where,
    /// what was expected, and what to do.
    /// </exception>
    /// <exception cref="IOException">The file cannot be opened or read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static PyTorchCheckpoint Open(InputPath path) => Open(new FileSource(path));

    /// <inheritdoc cref="Open(InputPath)"/>
    public static PyTorchCheckpoint Open(string path) => Open(InputPath.Anywhere(path));

    /// <summary>The same from any source of bytes, which this object disposes of.</summary>
    internal static PyTorchCheckpoint Open(ByteSource source)
    {
        try
        {
            return new PyTorchCheckpoint(source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Reads a tensor's values in row-major order, whatever their order in the file, as float32: float64, int32 and int64
    /// are rounded to the nearest, booleans become 0 and 1.
    /// </summary>
    /// <param name="name">A key of <see cref="Tensors"/>.</param>
    /// <param name="destination">As many elements as the tensor has.</param>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    /// <exception cref="InvalidDataException">There is no such tensor, its bytes are not those of their checksum, or the file has become
    /// shorter.</exception>
    public void Read(string name, Span<float> destination)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_views.TryGetValue(name, out var view))
            throw new InvalidDataException(
                $"{Location}: there is no tensor '{name}'. It holds {Listing.Of(_views.Keys.Select(name => Fault.Quote(name)))}.");
        if (destination.Length != view.Count)
            throw new ArgumentException(
                $"{Location}: tensor '{name}' has {view.Count} elements, its destination {destination.Length}.", nameof(destination));
        Verify(view.Storage);
        TensorReader.Read(_source, view, destination);
    }

    public void Dispose()
    {
        _disposed = true;
        _source.Dispose();
    }

    static void Verify(PickleStorage storage)
    {
        lock (storage)
        {
            storage.Verify?.Invoke();
            storage.Verify = null;
        }
    }

    static object? LoadObject(ByteSource source)
    {
        Span<byte> start = stackalloc byte[(int)Math.Min(source.Length, 12)];
        source.Read(0, start);
        if (start.StartsWith("PK"u8))
            return ZipLayout.Load(source);
        if (start.StartsWith([(byte)Opcode.Proto]))
            return LegacyLayout.Load(source);
        var isPointer = start.StartsWith("version http"u8);
        throw source.Fail(
            "first bytes",
            isPointer ? "a Git LFS pointer" : start.IsEmpty ? "an empty file" : "something else",
            "a zip archive or a pickle, as torch.save writes",
            isPointer ? "Fetch the file that it points to: git lfs pull." : "Choose a file made by torch.save, or download it again.");
    }
}
