using System.Collections.Frozen;

namespace HeadScope.Data.Weights.PyTorch;

/// <summary>
/// A name that a checkpoint may mention: all that exist are in one table, and none leads to code beyond this folder.
/// </summary>
/// <param name="Name">Module and name, as in <c>collections.OrderedDict</c>.</param>
/// <param name="Call">What calling it with a tuple of arguments makes; null for what may be mentioned but not called.</param>
/// <param name="Storage">The element type, for a storage class.</param>
internal sealed record PickleGlobal(string Name, Func<object?[], Unpickler, object?>? Call, TensorType? Storage)
{
    /// <summary>For error messages.</summary>
    public const string Allowed =
        "collections.OrderedDict, torch.Size, torch._utils._rebuild_tensor, _rebuild_tensor_v2, _rebuild_parameter and " +
        "_rebuild_parameter_with_state, and torch's Float, Half, BFloat16, Double, Long, Int, Short, Char, Byte and Bool storages, " +
        "and dtypes";

    static readonly FrozenDictionary<(string Module, string Name), PickleGlobal> Table = Make();

    /// <summary>The allowed global of that name, or null.</summary>
    public static PickleGlobal? Find(string module, string name) => Table.GetValueOrDefault((module, name));

    static FrozenDictionary<(string Module, string Name), PickleGlobal> Make()
    {
        var table = new Dictionary<(string, string), PickleGlobal>();

        void Add(string module, string name, Func<object?[], Unpickler, object?>? call = null, TensorType? storage = null) =>
            table.Add((module, name), new PickleGlobal($"{module}.{name}", call, storage));

        Add("collections", "OrderedDict", TorchCalls.OrderedDict);
        Add("torch", "Size", TorchCalls.Size);
        Add("torch._utils", "_rebuild_tensor", TorchCalls.RebuildTensor);
        Add("torch._utils", "_rebuild_tensor_v2", TorchCalls.RebuildTensorV2);
        Add("torch._utils", "_rebuild_parameter", TorchCalls.RebuildParameter);
        Add("torch._utils", "_rebuild_parameter_with_state", TorchCalls.RebuildParameterWithState);
        Add("torch", "FloatStorage", storage: TensorType.Float32);
        Add("torch", "HalfStorage", storage: TensorType.Float16);
        Add("torch", "BFloat16Storage", storage: TensorType.BFloat16);
        Add("torch", "DoubleStorage", storage: TensorType.Float64);
        Add("torch", "LongStorage", storage: TensorType.Int64);
        Add("torch", "IntStorage", storage: TensorType.Int32);
        Add("torch", "ShortStorage", storage: TensorType.Int16);
        Add("torch", "CharStorage", storage: TensorType.Int8);
        Add("torch", "ByteStorage", storage: TensorType.UInt8);
        Add("torch", "BoolStorage", storage: TensorType.Bool);

        // Configurations saved beside a state dict mention dtypes; they are kept as names.
        foreach (var dtype in Enum.GetNames<TensorType>())
            Add("torch", dtype.ToLowerInvariant());
        return table.ToFrozenDictionary();
    }
}
