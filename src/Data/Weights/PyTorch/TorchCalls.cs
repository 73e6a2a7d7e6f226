namespace HeadScope.Data.Weights.PyTorch;

/// <summary>
/// What the allowed functions do with their arguments. Each is a stand-in of constant cost: it checks the arguments and makes
/// one value. Gradients, hooks and attributes of tensors are dropped. The signatures are those of <c>torch/_utils.py</c>.
/// </summary>
internal static class TorchCalls
{
    public static object OrderedDict(object?[] arguments, Unpickler unpickler) => arguments is []
        ? new PickleDict()
        : throw Refuse(unpickler, arguments, "no arguments");

    public static object Size(object?[] arguments, Unpickler unpickler) => arguments is [object?[] sizes]
        ? sizes
        : throw Refuse(unpickler, arguments, "a tuple");

    public static object RebuildTensor(object?[] arguments, Unpickler unpickler) => arguments is
        [PickleStorage storage, long offset, object?[] shape, object?[] stride]
        ? unpickler.Tensor(storage, offset, shape, stride)
        : throw Refuse(unpickler, arguments, "(storage, offset, size, stride)");

    public static object RebuildTensorV2(object?[] arguments, Unpickler unpickler) => arguments is
        [PickleStorage storage, long offset, object?[] shape, object?[] stride, bool, null or PickleDict, .. [] or [null or PickleDict]]
        ? unpickler.Tensor(storage, offset, shape, stride)
        : throw Refuse(unpickler, arguments, "(storage, offset, size, stride, requires_grad, hooks), perhaps with metadata");

    public static object RebuildParameter(object?[] arguments, Unpickler unpickler) => arguments is
        [TensorView data, bool, null or PickleDict]
        ? data
        : throw Refuse(unpickler, arguments, "(tensor, requires_grad, hooks)");

    public static object RebuildParameterWithState(object?[] arguments, Unpickler unpickler) => arguments is
        [TensorView data, bool, null or PickleDict, _]
        ? data
        : throw Refuse(unpickler, arguments, "(tensor, requires_grad, hooks, state)");

    static InvalidDataException Refuse(Unpickler unpickler, object?[] arguments, string expected) => unpickler.Fail(
        $"the arguments ({string.Join(", ", arguments.Take(8).Select(PickleValue.Describe))})", expected, Remedy.Resave);
}
