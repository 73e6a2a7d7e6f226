using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace HeadScope.ModelCore.Weights;

/// <summary>
/// A safetensors file. Weights are read through a memory map of one tensor at a time, so that reading a checkpoint larger than
/// memory is possible and its pages do not stay; rows of a tensor are read by range.
/// </summary>
public sealed class SafetensorsFile : ITensorSource
{
    readonly SafetensorsHeader _header;
    readonly SafeFileHandle _handle;
    readonly MemoryMappedFile? _map;

    SafetensorsFile(string path, SafetensorsHeader header, FileStream stream)
    {
        Location = path;
        _header = header;
        _handle = stream.SafeFileHandle;
        _map = stream.Length > 0 ? MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false) : null;
        Tensors = header.Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Info, StringComparer.Ordinal);
    }

    public string Location { get; }

    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>What the file says of itself: texts by name.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <exception cref="InvalidDataException">The file is not valid safetensors; the message says where and why.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        try
        {
            return new SafetensorsFile(path, SafetensorsHeader.Read(path, stream), stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    public unsafe void Read(string name, Span<float> destination)
    {
        var (info, offset) = Find(name);
        if (destination.Length != info.Count)
            throw new ArgumentException($"Tensor '{name}' has {info.Count} values; the destination takes {destination.Length}.", nameof(destination));
        if (info.Count == 0)
            return;
        using var view = _map!.CreateViewAccessor(_header.DataStart + offset, info.Count * info.Type.Size(), MemoryMappedFileAccess.Read);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            start += view.PointerOffset;
            if (!FloatConversion.TryConvert(info.Type, start, destination))
                throw new InvalidDataException($"{Location}: tensor '{name}' has the type {info.Type}, where floating-point values belong.");
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    /// <summary>Reads bytes of a tensor from <paramref name="byteOffset"/> on, as they are stored, without mapping them.</summary>
    public void ReadBytes(string name, long byteOffset, Span<byte> destination)
    {
        var (info, offset) = Find(name);
        if (byteOffset < 0 || byteOffset + destination.Length > info.Count * info.Type.Size())
            throw new ArgumentOutOfRangeException(nameof(byteOffset), byteOffset, $"Beyond the tensor '{name}'.");
        var position = _header.DataStart + offset + byteOffset;
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(_handle, destination, position);
            if (read == 0)
                throw new InvalidDataException($"{Location}: the file has become shorter while it was read.");
            destination = destination[read..];
            position += read;
        }
    }

    public void Dispose()
    {
        _map?.Dispose();
        _handle.Dispose();
    }

    (TensorInfo Info, long Offset) Find(string name) => _header.Entries.TryGetValue(name, out var entry)
        ? entry
        : throw new InvalidDataException($"{Location}: there is no tensor '{name}'. It holds {Listing.Of(Tensors.Keys)}.");
}
