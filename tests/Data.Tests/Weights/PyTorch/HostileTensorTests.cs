using HeadScope.Data.Weights.PyTorch;

namespace HeadScope.Data.Tests.Weights.PyTorch;

/// <summary>Tensors that would read what is not theirs.</summary>
public class HostileTensorTests
{
    static readonly byte[] Storage = new byte[4 * sizeof(float)];

    [Theory]
    [InlineData(4, 1, 4, 1)] // beyond the end from an offset
    [InlineData(4, 0, 5, 1)] // more elements than stored
    [InlineData(4, 0, 2, 4)] // a stride beyond the end
    [InlineData(4, 0, 3, long.MaxValue)]
    [InlineData(4, 0, long.MaxValue, long.MaxValue)]
    [InlineData(4, 5, 0, 1)]
    [InlineData(4, -1, 1, 1)]
    [InlineData(4, long.MinValue, 4, 1)]
    [InlineData(4, long.MaxValue, 2, long.MaxValue)]
    [InlineData(4, 0, -1, 1)]
    [InlineData(4, 0, 2, -1)]
    [InlineData(4, 0, long.MaxValue, 0)] // no more than one element stored, but a quintillion described
    [InlineData(5, 0, 4, 1)] // the storage is shorter than it says
    [InlineData(3, 0, 3, 1)] // or longer
    [InlineData(-4, 0, 1, 1)]
    [InlineData(long.MaxValue, 0, 1, 1)]
    public void Open_TensorBeyondItsStorage_IsRefused(long stored, long offset, long size, long stride) =>
        Refused(PickleWriter.DictOf(writer => writer.Tensor("FloatStorage", "0", stored, offset, [size], [stride])));

    [Fact]
    public void Open_TensorOfManyAxesWhoseProductOverflows_IsRefused()
    {
        long[] sizes = [.. Enumerable.Repeat(1L << 40, Limits.Axes)];
        Refused(PickleWriter.DictOf(writer => writer.Tensor("FloatStorage", "0", 4, 0, sizes, new long[sizes.Length])));
        Refused(PickleWriter.DictOf(writer => writer.Tensor("FloatStorage", "0", 4, 0, [.. sizes, 1], new long[sizes.Length + 1])));
        Refused(PickleWriter.DictOf(writer => writer.Tensor("FloatStorage", "0", 4, 0, [2, 2], [1])));
    }

    [Theory]
    [InlineData("DoubleStorage", 4)]
    [InlineData("HalfStorage", 4)]
    [InlineData("ByteStorage", 4)]
    public void Open_StorageOfAnotherType_IsRefused(string type, long count) =>
        Refused(PickleWriter.DictOf(writer => writer.Tensor(type, "0", count, 0, [1], [1])));

    [Fact]
    public void Open_StorageMentionedAsTwoTypes_IsRefused() => Assert.Contains(
        "found storage '0' as 4 Int32; expected 4 Float32, as before",
        Refused(PickleWriter.DictOf(writer => writer
            .Floats("0", 4).Op(Opcode.SetItem).Text("v").Tensor("IntStorage", "0", 4, 0, [4], [1]))),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("../data.pkl")]
    [InlineData("/etc/passwd")]
    [InlineData("")]
    [InlineData("1")]
    public void Open_StorageThatIsNotThere_IsRefused(string key) =>
        Assert.Contains("found nothing", Refused(PickleWriter.DictOf(writer => writer.Floats(key, 4))), StringComparison.Ordinal);

    static string Refused(byte[] pickle)
    {
        var file = new MemorySource(ZipWriter.Checkpoint(pickle, Storage));
        return Assert.Throws<InvalidDataException>(() => PyTorchCheckpoint.Open(file)).Message;
    }
}
