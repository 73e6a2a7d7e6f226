using HeadScope.Data.Weights.PyTorch;

namespace HeadScope.Data.Tests.Weights.PyTorch;

/// <summary>Forms that versions of Python and PyTorch other than the fixtures' write.</summary>
public class PickleFormTests
{
    static readonly byte[] Storage = [0, 0, 128, 63, 0, 0, 0, 64];

    [Fact]
    public void Read_TensorOfTheFirstVersions_IsRead() => Check(PickleWriter.DictOf(writer => writer
        .Global("torch._utils", "_rebuild_tensor").Op(Opcode.Mark).Storage("FloatStorage", "0", 2).Integer(0).Tuple(2).Tuple(1)
        .Op(Opcode.Tuple).Op(Opcode.Reduce)));

    [Fact]
    public void Read_ParameterWithAttributes_IsItsTensor() => Check(PickleWriter.DictOf(writer => writer
        .Global("torch._utils", "_rebuild_parameter_with_state").Op(Opcode.Mark).Floats("0", 2).Op(Opcode.NewTrue)
        .Global("collections", "OrderedDict").Op(Opcode.EmptyTuple).Op(Opcode.Reduce)
        .Op(Opcode.EmptyDict).Text("tensor_model_parallel").Op(Opcode.NewTrue).Op(Opcode.SetItem)
        .Op(Opcode.Tuple).Op(Opcode.Reduce)));

    [Fact]
    public void Read_TensorWithMetadata_IsRead() => Check(PickleWriter.DictOf(writer => writer
        .Global("torch._utils", "_rebuild_tensor_v2").Op(Opcode.Mark).Storage("FloatStorage", "0", 2).Integer(0).Tuple(2).Tuple(1)
        .Op(Opcode.NewFalse).Op(Opcode.None).Op(Opcode.EmptyDict).Op(Opcode.Tuple).Op(Opcode.Reduce)));

    [Fact]
    public void Read_ShapeAsTorchSize_IsRead() => Check(PickleWriter.DictOf(writer => writer
        .Global("torch._utils", "_rebuild_tensor").Op(Opcode.Mark).Storage("FloatStorage", "0", 2).Integer(0)
        .Global("torch", "Size").Tuple(2).Op(Opcode.Tuple1).Op(Opcode.Reduce).Tuple(1).Op(Opcode.Tuple).Op(Opcode.Reduce)));

    [Fact]
    public void Read_KeyOfPython2_IsRead() => Check(new PickleWriter().Proto()
        .Op(Opcode.EmptyDict).Op(Opcode.ShortBinString, 1, (byte)'w').Floats("0", 2).Op(Opcode.SetItem).Stop().ToArray());

    [Fact]
    public void Read_ObjectsBesideTheStateDict_AreIgnored() => Check(new PickleWriter().Proto(5)
        .Op(Opcode.EmptyDict)
        .Text("model").Op(Opcode.EmptyDict).Text("w").Floats("0", 2).Op(Opcode.SetItem).Op(Opcode.SetItem)
        .Text("dtype").Global("torch", "bfloat16").Op(Opcode.SetItem)
        .Text("shape").Global("torch", "Size").Tuple(1, 2).Op(Opcode.Tuple1).Op(Opcode.Reduce).Op(Opcode.SetItem)
        .Text("bytes").Op(Opcode.ShortBinBytes, 2, 0, 255).Op(Opcode.SetItem)
        .Text("lr").Op(Opcode.BinFloat, new byte[8]).Op(Opcode.SetItem)
        .Op(Opcode.None).Op(Opcode.EmptyList).Op(Opcode.SetItem).Stop().ToArray());

    static void Check(byte[] pickle)
    {
        using var checkpoint = PyTorchCheckpoint.Open(new MemorySource(ZipWriter.Checkpoint(pickle, Storage)));
        var values = new float[2];
        checkpoint.Read("w", values);
        Assert.Equal([1f, 2f], values);
    }
}
