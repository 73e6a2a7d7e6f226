using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using HeadScope.Data.Files;
using HeadScope.Data.Weights;
using static HeadScope.Data.Files.Fault;

namespace HeadScope.Data.Tokens;

/// <summary>Little-endian integers in a file, row-major.</summary>
internal interface ITokenStorage : IDisposable
{
    long[] Shape { get; }

    /// <summary>Bytes per integer.</summary>
    int ItemSize { get; }

    bool Signed { get; }

    IReadOnlyDictionary<string, string> Metadata { get; }

    DateTime LastWriteTime { get; }

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

    public DateTime LastWriteTime => _file.LastWriteTime;

    public static SafetensorsTokens Open(InputPath path, string name)
    {
        var file = SafetensorsFile.Open(path);
        if (!file.Tensors.TryGetValue(name, out var tensor))
        {
            file.Dispose();
            throw new InvalidDataException(
                $"{path.Name}: there is no tensor {Quote(name)}. It holds {Listing.Of(file.Tensors.Keys)}; "
                + $"name one as {Path.GetFileName(path.Name)}:TENSOR.");
        }

        if (tensor.Type.IsFloat() || tensor.Type == TensorType.Bool)
        {
            file.Dispose();
            throw new InvalidDataException($"{path.Name}: the tensor {Quote(name)} has the type {tensor.Type}; tokens are integers.");
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

    readonly ByteSource _source;
    readonly long _dataStart;

    NpyTokens(ByteSource source)
    {
        _source = source;
        var prefix = ReadAt(0, 10);
        if (prefix[0] != 0x93 || !prefix.AsSpan(1, 5).SequenceEqual("NUMPY"u8))
            throw Refuse("it does not start as a .npy file does");
        var version = prefix[6];
        if (version is < 1 or > 3)
            throw Refuse($"it is of the .npy version {version}; versions 1 to 3 are supported");
        var lengthBytes = version == 1 ? 2 : 4;
        var lengthField = ReadAt(8, lengthBytes);
        long length = version == 1 ? BitConverter.ToUInt16(lengthField) : BitConverter.ToUInt32(lengthField);
        if (length > MaxHeaderBytes)
            throw Refuse($"its header is said to be {length} bytes long");
        _dataStart = 8 + lengthBytes + length;
        var header = Encoding.Latin1.GetString(ReadAt(8 + lengthBytes, (int)length));

        var type = Type().Match(header);
        if (!type.Success)
            throw Refuse("its elements are not little-endian integers");
        Signed = type.Groups["kind"].Value == "i";
        ItemSize = type.Groups["size"].Value[0] - '0';
        if (FortranOrder().IsMatch(header))
            throw Refuse("it is stored column by column (fortran_order); save it with numpy.ascontiguousarray");
        var shape = ShapeField().Match(header);
        if (!shape.Success)
            throw Refuse("its header has no shape");
        Shape = [.. shape.Groups["axes"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(axis => long.TryParse(axis, CultureInfo.InvariantCulture, out var value) ? value : throw Refuse("its shape has an axis that is no number"))];
        var bytes = ItemSize * (System.Numerics.BigInteger)1;
        foreach (var axis in Shape)
            bytes *= axis;
        var available = source.Length - _dataStart;
        if (bytes > available)
            throw Refuse($"the shape {TensorInfo.Describe(Shape)} takes {bytes} bytes, but {available} bytes of data follow the header: " +
                $"the file is truncated");
    }

    public long[] Shape { get; }

    public int ItemSize { get; }

    public bool Signed { get; }

    /// <summary>The format has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    public DateTime LastWriteTime => _source.LastWriteTime;

    public static NpyTokens Open(InputPath path)
    {
        var source = new FileSource(path);
        try
        {
            return new NpyTokens(source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    public void ReadBytes(long offset, Span<byte> destination) => _source.Read(_dataStart + offset, destination);

    public void Dispose() => _source.Dispose();

    byte[] ReadAt(long offset, int count)
    {
        var bytes = new byte[count];
        _source.Read(offset, bytes);
        return bytes;
    }

    InvalidDataException Refuse(string what) => new($"{_source.Name}: {what}.");

    [GeneratedRegex("'descr'\\s*:\\s*'[<|](?<kind>[iu])(?<size>[1248])'")]
    private static partial Regex Type();

    [GeneratedRegex("'fortran_order'\\s*:\\s*True")]
    private static partial Regex FortranOrder();

    [GeneratedRegex("'shape'\\s*:\\s*\\((?<axes>[^)]*)\\)")]
    private static partial Regex ShapeField();
}
