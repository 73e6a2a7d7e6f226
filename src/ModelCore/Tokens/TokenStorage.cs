using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using HeadScope.ModelCore.Weights;
using Microsoft.Win32.SafeHandles;

namespace HeadScope.ModelCore.Tokens;

/// <summary>Little-endian integers in a file, row-major.</summary>
internal interface ITokenStorage : IDisposable
{
    long[] Shape { get; }

    /// <summary>Bytes per integer.</summary>
    int ItemSize { get; }

    bool Signed { get; }

    IReadOnlyDictionary<string, string> Metadata { get; }

    void ReadBytes(long offset, Span<byte> destination);
}

/// <summary>A tensor of a safetensors file.</summary>
internal sealed class SafetensorsTokens : ITokenStorage
{
    readonly SafetensorsFile _file;
    readonly TensorInfo _tensor;

    SafetensorsTokens(SafetensorsFile file, TensorInfo tensor)
    {
        _file = file;
        _tensor = tensor;
    }

    public long[] Shape => _tensor.Shape;

    public int ItemSize => _tensor.Type.Size();

    public bool Signed => _tensor.Type is TensorType.Int8 or TensorType.Int16 or TensorType.Int32 or TensorType.Int64;

    public IReadOnlyDictionary<string, string> Metadata => _file.Metadata;

    public static SafetensorsTokens Open(string path, string name)
    {
        var file = SafetensorsFile.Open(path);
        if (!file.Tensors.TryGetValue(name, out var tensor))
        {
            file.Dispose();
            throw new InvalidDataException($"{path}: there is no tensor '{name}'. It holds {Listing.Of(file.Tensors.Keys)}; name one as {System.IO.Path.GetFileName(path)}:TENSOR.");
        }

        if (tensor.Type.IsFloat() || tensor.Type == TensorType.Bool)
        {
            file.Dispose();
            throw new InvalidDataException($"{path}: the tensor '{name}' has the type {tensor.Type}; tokens are integers.");
        }

        return new SafetensorsTokens(file, tensor);
    }

    public void ReadBytes(long offset, Span<byte> destination) => _file.ReadBytes(_tensor.Name, offset, destination);

    public void Dispose() => _file.Dispose();
}

/// <summary>
/// A .npy file of integers (numpy.lib.format, versions 1 to 3): magic, version, header length, a Python dictionary literal, data.
/// </summary>
internal sealed partial class NpyTokens : ITokenStorage
{
    const int MaxHeaderBytes = 1 << 16;

    readonly string _path;
    readonly SafeFileHandle _handle;
    readonly long _dataStart;

    NpyTokens(string path, SafeFileHandle handle)
    {
        _path = path;
        _handle = handle;
        var prefix = ReadAt(0, 10);
        if (prefix[0] != 0x93 || !prefix.AsSpan(1, 5).SequenceEqual("NUMPY"u8))
            throw Fault("it does not start as a .npy file does");
        var version = prefix[6];
        if (version is < 1 or > 3)
            throw Fault($"it is of the .npy version {version}; versions 1 to 3 are supported");
        var lengthBytes = version == 1 ? 2 : 4;
        var lengthField = ReadAt(8, lengthBytes);
        long length = version == 1 ? BitConverter.ToUInt16(lengthField) : BitConverter.ToUInt32(lengthField);
        if (length > MaxHeaderBytes)
            throw Fault($"its header is said to be {length} bytes long");
        _dataStart = 8 + lengthBytes + length;
        var header = Encoding.Latin1.GetString(ReadAt(8 + lengthBytes, (int)length));

        var type = Type().Match(header);
        if (!type.Success)
            throw Fault($"its elements are not little-endian integers: {header.Trim()}");
        Signed = type.Groups["kind"].Value == "i";
        ItemSize = type.Groups["size"].Value[0] - '0';
        if (FortranOrder().IsMatch(header))
            throw Fault("it is stored column by column (fortran_order); save it with numpy.ascontiguousarray");
        var shape = ShapeField().Match(header);
        if (!shape.Success)
            throw Fault($"its header has no shape: {header.Trim()}");
        Shape = [.. shape.Groups["axes"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(axis => long.TryParse(axis, CultureInfo.InvariantCulture, out var value) ? value : throw Fault($"its shape has the axis '{axis}'"))];
        var bytes = ItemSize * (System.Numerics.BigInteger)1;
        foreach (var axis in Shape)
            bytes *= axis;
        var available = RandomAccess.GetLength(handle) - _dataStart;
        if (bytes > available)
            throw Fault($"the shape {TensorInfo.Describe(Shape)} takes {bytes} bytes, but {available} bytes of data follow the header: the file is truncated");
    }

    public long[] Shape { get; }

    public int ItemSize { get; }

    public bool Signed { get; }

    /// <summary>The format has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    public static NpyTokens Open(string path)
    {
        var handle = File.OpenHandle(path);
        try
        {
            return new NpyTokens(path, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public void ReadBytes(long offset, Span<byte> destination)
    {
        offset += _dataStart;
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(_handle, destination, offset);
            if (read == 0)
                throw Fault("it ends too early");
            destination = destination[read..];
            offset += read;
        }
    }

    public void Dispose() => _handle.Dispose();

    byte[] ReadAt(long offset, int count)
    {
        var bytes = new byte[count];
        var done = 0;
        while (done < count)
        {
            var read = RandomAccess.Read(_handle, bytes.AsSpan(done), offset + done);
            if (read == 0)
                throw Fault("it ends within its header");
            done += read;
        }

        return bytes;
    }

    InvalidDataException Fault(string what) => new($"{_path}: {what}.");

    [GeneratedRegex("'descr'\\s*:\\s*'[<|](?<kind>[iu])(?<size>[1248])'")]
    private static partial Regex Type();

    [GeneratedRegex("'fortran_order'\\s*:\\s*True")]
    private static partial Regex FortranOrder();

    [GeneratedRegex("'shape'\\s*:\\s*\\((?<axes>[^)]*)\\)")]
    private static partial Regex ShapeField();
}
