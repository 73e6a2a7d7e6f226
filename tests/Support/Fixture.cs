using System.Buffers.Binary;
using System.Text.Json;
using HeadScope.Data.Weights;

namespace HeadScope.Tests.Support;

/// <summary>Files under tests/fixtures, and their tensors.</summary>
public static class Fixture
{
    public static string Root { get; } = FindUpwards(Path.Combine("tests", "fixtures"))
        ?? throw new DirectoryNotFoundException("tests/fixtures is not above the test assembly.");

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>Copies a folder's files, such as a model's, to where a test wants them.</summary>
    /// <param name="to">The folder that gets them; it is made.</param>
    public static void Copy(string to, params string[] parts)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(PathOf(parts)))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    public static JsonElement Json(params string[] parts) => JsonDocument.Parse(File.ReadAllBytes(PathOf(parts))).RootElement;

    public static TensorFile Tensors(params string[] parts) => new(PathOf(parts));

    /// <summary>A file of the data that lie beside the repository on some machines. Skips the test where they do not.</summary>
    public static string Beside(string relative)
    {
        var path = FindUpwards(Path.Combine("shared", relative));
        Skip.If(path is null, $"shared/{relative} is not beside the repository.");
        return path!;
    }

    static string? FindUpwards(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, relative);
            if (Path.Exists(candidate))
                return candidate;
        }

        return null;
    }
}

/// <summary>A safetensors file, read whole.</summary>
public sealed class TensorFile(string path)
{
    readonly SafetensorsFile _file = SafetensorsFile.Open(path);

    public IEnumerable<string> Names => _file.Tensors.Keys;

    public bool Has(string name) => _file.Tensors.ContainsKey(name);

    public bool IsFloat(string name) => _file.Tensors[name].Type.IsFloat();

    public int[] Shape(string name) => [.. _file.Tensors[name].Shape.Select(axis => (int)axis)];

    public float[] Floats(string name)
    {
        var values = new float[_file.Tensors[name].Count];
        _file.Read(name, values);
        return values;
    }

    public double[] Doubles(string name)
    {
        var info = _file.Tensors[name];
        if (info.Type != TensorType.Float64)
            return Array.ConvertAll(Floats(name), value => (double)value);
        var bytes = Bytes(name);
        return [.. Enumerable.Range(0, (int)info.Count).Select(i => BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(i * 8)))];
    }

    public int[] Integers(string name)
    {
        var info = _file.Tensors[name];
        var bytes = Bytes(name);
        return [.. Enumerable.Range(0, (int)info.Count).Select(i => info.Type switch
        {
            TensorType.Int64 => checked((int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(i * 8))),
            TensorType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(i * 4)),
            TensorType.Bool => bytes[i],
            _ => throw new InvalidDataException($"{name} is not of an integer type."),
        })];
    }

    byte[] Bytes(string name)
    {
        var bytes = new byte[_file.Tensors[name].Count * _file.Tensors[name].Type.Size()];
        _file.ReadBytes(name, 0, bytes);
        return bytes;
    }
}
