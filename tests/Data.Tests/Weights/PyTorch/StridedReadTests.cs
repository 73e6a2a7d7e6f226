using System.Buffers.Binary;
using HeadScope.Data.Weights.PyTorch;

namespace HeadScope.Data.Tests.Weights.PyTorch;

/// <summary>Views larger than the reader's window, where an element's value tells where in the storage it was.</summary>
public class StridedReadTests
{
    [Theory]
    [InlineData(300, 400, 1)]
    [InlineData(2, 70_000, 1)]
    [InlineData(70_000, 2, 1)]
    [InlineData(40, 50, 70)]
    [InlineData(3, 5, 9_000)]
    public void Read_EveryPermutationAndSlice_PicksTheRightElements(int a, int b, int c)
    {
        long[] sizes = [a, b, c];
        long[] strides = [b * c, c, 1];
        int[][] orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        foreach (var order in orders)
        {
            long[] shape = [.. order.Select(axis => sizes[axis])];
            long[] stride = [.. order.Select(axis => strides[axis])];
            Check(a * b * c, 0, shape, stride);

            // Every third of one axis, without its first element.
            var sliced = order[0];
            if (shape[0] > 3)
                Check(a * b * c, strides[sliced], [(shape[0] - 2) / 3 + 1, shape[1], shape[2]], [3 * stride[0], stride[1], stride[2]]);
        }
    }

    [Fact]
    public void Read_AxesThatRepeat_AreWrittenOut()
    {
        Check(100_000, 0, [100_000, 3], [1, 0]);
        Check(100_000, 0, [3, 100_000], [0, 1]);
        Check(100_000, 5, [2, 300, 3, 100], [0, 200, 0, 2]);
        Check(1, 0, [2, 3, 4], [0, 0, 0]);
    }

    [Fact]
    public void Read_ElementsFarApart_CostsNoMoreThanTheirExtent() => Check(1_000_000, 1, [11, 9], [90_000, 9_999]);

    static void Check(int stored, long offset, long[] shape, long[] stride)
    {
        var storage = new byte[stored * sizeof(int)];
        for (var i = 0; i < stored; i++)
            BinaryPrimitives.WriteInt32LittleEndian(storage.AsSpan(i * sizeof(int)), i);
        var pickle = PickleWriter.DictOf(writer => writer.Tensor("IntStorage", "0", stored, offset, shape, stride));
        using var checkpoint = PyTorchCheckpoint.Open(new MemorySource(ZipWriter.Checkpoint(pickle, storage)));
        var values = new float[checkpoint.Tensors["w"].Count];
        checkpoint.Read("w", values);

        for (var i = 0; i < values.Length; i++)
        {
            var (rest, at) = ((long)i, offset);
            for (var axis = shape.Length - 1; axis >= 0; axis--)
            {
                at += rest % shape[axis] * stride[axis];
                rest /= shape[axis];
            }

            if (values[i] != at)
                Assert.Fail($"[{string.Join(", ", shape)}] of strides [{string.Join(", ", stride)}]: {values[i]} at {i}, not {at}");
        }
    }
}
