using System.Runtime.InteropServices;
using HeadScope.Data.Weights.PyTorch;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Weights.PyTorch;

/// <summary>Compares checkpoints with safetensors files, bit for bit.</summary>
internal static class CheckpointAssert
{
    public static void Same(TensorFile twin, PyTorchCheckpoint checkpoint)
    {
        Assert.Equal(twin.Names, checkpoint.Tensors.Keys);
        Holds(twin, checkpoint);
    }

    public static void Holds(TensorFile twin, PyTorchCheckpoint checkpoint)
    {
        foreach (var name in twin.Names)
        {
            Assert.Equal(twin.Shape(name).Select(size => (long)size), checkpoint.Tensors[name].Shape);
            Same(twin, name, checkpoint, name);
        }
    }

    public static void Same(TensorFile twin, string nameThere, PyTorchCheckpoint checkpoint, string name)
    {
        var expected = twin.IsFloat(nameThere) ? twin.Floats(nameThere) : Array.ConvertAll(twin.Integers(nameThere), value => (float)value);
        Assert.Equal(Bits(expected), Bits(Values(checkpoint, name)));
    }

    public static float[] Values(PyTorchCheckpoint checkpoint, string name)
    {
        var values = new float[checkpoint.Tensors[name].Count];
        checkpoint.Read(name, values);
        return values;
    }

    static int[] Bits(float[] values) => MemoryMarshal.Cast<float, int>(values).ToArray();
}
