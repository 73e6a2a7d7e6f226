namespace HeadScope.Data.Weights;

/// <summary>The element types that checkpoints store.</summary>
public enum TensorType
{
    Float16,
    BFloat16,
    Float32,
    Float64,
    Int8,
    UInt8,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Bool,
}

public static class TensorTypes
{
    /// <summary>Bytes per element.</summary>
    public static int Size(this TensorType type) => type switch
    {
        TensorType.Int8 or TensorType.UInt8 or TensorType.Bool => 1,
        TensorType.Float16 or TensorType.BFloat16 or TensorType.Int16 or TensorType.UInt16 => 2,
        TensorType.Float32 or TensorType.Int32 or TensorType.UInt32 => 4,
        TensorType.Float64 or TensorType.Int64 or TensorType.UInt64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    public static bool IsFloat(this TensorType type) => type <= TensorType.Float64;
}

/// <summary>A named tensor in a file: its type and its shape, outermost axis first.</summary>
public sealed record TensorInfo(string Name, TensorType Type, long[] Shape)
{
    /// <summary>How many elements it has: 1 for a scalar.</summary>
    public long Count => Shape.Aggregate(1L, (product, axis) => product * axis);

    /// <summary>Such as <c>[3, 64]</c>.</summary>
    public string ShapeText => Describe(Shape);

    public static string Describe(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}

/// <summary>Named tensors, read when asked for.</summary>
public interface ITensorSource : IDisposable
{
    /// <summary>Where the tensors come from, for messages.</summary>
    string Location { get; }

    IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>The values of a floating-point tensor as float32, row-major, whatever precision they are stored in.</summary>
    /// <exception cref="InvalidDataException">The tensor is missing or not of a floating-point type.</exception>
    void Read(string name, Span<float> destination);
}
