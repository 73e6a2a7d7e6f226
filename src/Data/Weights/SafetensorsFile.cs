using HeadScope.Data.Files;

namespace HeadScope.Data.Weights;

/// <summary>
/// A safetensors file. A checkpoint may be larger than memory: tensors are read one by one, and rows of a tensor by range.
/// </summary>
public sealed class SafetensorsFile : ITensorSource
{
    readonly ByteSource _source;
    readonly SafetensorsHeader _header;

    SafetensorsFile(ByteSource source)
    {
        _source = source;
        _header = SafetensorsHeader.Read(source);
        Tensors = _header.Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Info, StringComparer.Ordinal);
    }

    /// <summary>What messages call the file.</summary>
    public string Location => _source.Name;

    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>What the file says of itself: texts by name.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    internal DateTime LastWriteTime => _source.LastWriteTime;

    /// <inheritdoc cref="Open(InputPath)"/>
    public static SafetensorsFile Open(string path) => Open(InputPath.Anywhere(path));

    /// <exception cref="InvalidDataException">The file is not valid safetensors; the message says where and why.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SafetensorsFile Open(InputPath path)
    {
        var source = new FileSource(path);
        try
        {
            return new SafetensorsFile(source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <exception cref="InvalidDataException">
    /// There is no such tensor, it holds no floating-point values, or the file has become shorter.
    /// </exception>
    public void Read(string name, Span<float> destination)
    {
        var (info, offset) = Find(name);
        if (destination.Length != info.Count)
            throw new ArgumentException(
                $"Tensor '{name}' has {info.Count} values; the destination takes {destination.Length}.", nameof(destination));
        if (!info.Type.IsFloat())
            throw new InvalidDataException($"{Location}: tensor '{name}' has the type {info.Type}, where floating-point values belong.");
        StoredValues.Read(_source, _header.DataStart + offset, info.Type, destination);
    }

    /// <summary>Reads bytes of a tensor from <paramref name="byteOffset"/> on, as they are stored.</summary>
    /// <exception cref="InvalidDataException">There is no such tensor, or the file has become shorter.</exception>
    public void ReadBytes(string name, long byteOffset, Span<byte> destination)
    {
        var (info, offset) = Find(name);
        if (byteOffset < 0 || byteOffset + destination.Length > info.Count * info.Type.Size())
            throw new ArgumentOutOfRangeException(nameof(byteOffset), byteOffset, $"Beyond the tensor '{name}'.");
        _source.Read(_header.DataStart + offset + byteOffset, destination);
    }

    public void Dispose() => _source.Dispose();

    (TensorInfo Info, long Offset) Find(string name) => _header.Entries.TryGetValue(name, out var entry)
        ? entry
        : throw new InvalidDataException($"{Location}: there is no tensor '{name}'. It holds {Listing.Of(Tensors.Keys)}.");
}
