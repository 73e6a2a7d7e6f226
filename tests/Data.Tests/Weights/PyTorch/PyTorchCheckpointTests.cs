using HeadScope.Data.Weights.PyTorch;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Weights.PyTorch;

public class PyTorchCheckpointTests
{
    [Theory]
    [InlineData("dtypes.pth")]
    [InlineData("dtypes_legacy.bin")]
    [InlineData("views.pth")]
    [InlineData("views_legacy.bin")]
    [InlineData("parameters.pth")]
    [InlineData("parameters_legacy.bin")]
    [InlineData("training_protocol2.pt")]
    [InlineData("training_protocol3.pt")]
    [InlineData("training_protocol4.pt")]
    [InlineData("training_protocol5.pt")]
    [InlineData("in_a_tuple.pt")]
    [InlineData("mixed.pt")]
    public void Read_WhatTorchSaved_IsEqualBitForBit(string name)
    {
        using var checkpoint = PyTorchCheckpoint.Open(Fixture.PathOf("pytorch", name));
        var twin = new TensorFile(Fixture.PathOf("pytorch", name + ".expected.safetensors"));
        CheckpointAssert.Same(twin, checkpoint);
    }

    [Theory]
    [InlineData("dtypes.pth")]
    [InlineData("dtypes_legacy.bin")]
    public void Tensors_EveryType_IsTold(string name)
    {
        using var checkpoint = PyTorchCheckpoint.Open(Fixture.PathOf("pytorch", name));
        Assert.Equal(10, checkpoint.Tensors.Count);
        Assert.All(checkpoint.Tensors, tensor => Assert.Equal(tensor.Key, tensor.Value.Type.ToString().ToLowerInvariant()));
    }

    [Fact]
    public void Tensors_OrderOfTheFile_IsKept()
    {
        using var checkpoint = PyTorchCheckpoint.Open(Fixture.PathOf("pytorch", "parameters.pth"));
        string[] linear = ["linear.weight", "linear.bias"];
        string[] norm = ["norm.weight", "norm.bias", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked"];
        Assert.Equal([.. linear, .. norm], checkpoint.Tensors.Keys);
    }

    [Fact]
    public void Read_FromManyThreads_GivesEachTheSame()
    {
        using var checkpoint = PyTorchCheckpoint.Open(Fixture.PathOf("pytorch", "views.pth"));
        var twin = new TensorFile(Fixture.PathOf("pytorch", "views.pth.expected.safetensors"));
        Parallel.For(0, 64, _ => CheckpointAssert.Same(twin, checkpoint));
    }

    [Fact]
    public void Read_WrongName_SaysWhatThereIs()
    {
        using var checkpoint = PyTorchCheckpoint.Open(Fixture.PathOf("pytorch", "parameters.pth"));
        var error = Assert.Throws<InvalidDataException>(() => checkpoint.Read("linear.W", new float[6]));
        Assert.Contains("no tensor 'linear.W'. It holds 'linear.weight', 'linear.bias'", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => checkpoint.Read("linear.weight", new float[5]));
    }

    [Fact]
    public void Read_AfterDispose_Throws()
    {
        var checkpoint = PyTorchCheckpoint.Open(Fixture.PathOf("pytorch", "parameters.pth"));
        checkpoint.Dispose();
        Assert.Throws<ObjectDisposedException>(() => checkpoint.Read("linear.weight", new float[6]));
    }

    [Theory]
    [InlineData("two_models.pt", "several dicts of tensors: ['model'], ['ema']")]
    [InlineData("one_tensor.pt", "found a tensor [3] of Int64; expected a dict of named tensors")]
    [InlineData("no_tensors.pt", "'epoch': 3, 'history': a list of 2")]
    [InlineData("sparse.pt", "'torch._utils._rebuild_sparse_tensor'")]
    [InlineData("complex.pt", "'torch.ComplexFloatStorage'")]
    [InlineData("overlapping.pt", "a tensor [4, 3] of strides [1, 1] at 0; expected fewer than 2^63 elements that do not overlap")]
    [InlineData("numpy_scalar.pt", "'numpy.core.multiarray.scalar'")]
    [InlineData("calls_os_system.pt", "'posix.system'")]
    public void Open_WhatIsNoStateDict_SaysWhatItIsAndWhatToDo(string name, string found)
    {
        var error = Assert.Throws<InvalidDataException>(() => PyTorchCheckpoint.Open(Fixture.PathOf("pytorch", name)));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
        Assert.Contains("safetensors", error.Message, StringComparison.Ordinal);
    }
}
