using HeadScope.Data.Weights.PyTorch;

namespace HeadScope.Data.Tests.Weights.PyTorch;

public class LegacyFileTests
{
    static readonly byte[] Magic = [10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
    static readonly byte[] Tensor = PickleWriter.DictOf(writer => writer.Floats("k", 2));
    static readonly byte[] Data = [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64];

    [Fact]
    public void Read_HandWrittenFile_GivesItsValues()
    {
        using var checkpoint = PyTorchCheckpoint.Open(new MemorySource(Legacy()));
        var values = new float[2];
        checkpoint.Read("w", values);
        Assert.Equal([1f, 2f], values);
    }

    [Fact]
    public void Open_FileThatContradictsItself_IsRefused()
    {
        Refused(Legacy(version: 1002), "protocol version 1002; expected 1001");
        Refused(Legacy(littleEndian: Opcode.NewFalse), "no little-endian machine");
        Refused(Legacy(keys: []), "no storage 'k'");
        Refused(Legacy(keys: ["k", "k"]), "one that no tensor uses or that came before");
        Refused(Legacy(keys: ["other"]), "one that no tensor uses or that came before");
        Refused(Legacy(data: [3, .. Data.AsSpan(1)]), "3 elements; expected 2, as the pickle says");
        Refused(Legacy(data: [.. Data.AsSpan(0, 15)]), "7 bytes to the file's end; expected 8");
        Refused(Legacy(data: [.. Data.AsSpan(0, 7)]), "the end of the file");
        Refused(Legacy(pickle: PickleWriter.DictOf(writer => writer.Global("os", "system"))), "the global 'os.system'");
        Refused(
            Legacy(pickle: PickleWriter.DictOf(writer => writer.Tensor("FloatStorage", "k", long.MaxValue, 0, [1], [1]))),
            "2 elements; expected 9223372036854775807");
    }

    [Fact]
    public void Open_StorageThatIsAViewOfAnother_IsRefused() => Refused(
        Legacy(pickle: PickleWriter.DictOf(writer => writer
            .Op(Opcode.Mark).Text("storage").Global("torch", "FloatStorage").Text("k").Text("cpu").Integer(2).Tuple(1, 2, 3)
            .Op(Opcode.Tuple).Op(Opcode.BinPersId))),
        "found the persistent id ('storage', the global torch.FloatStorage, 'k', 'cpu', 2, a tuple of 3)");

    internal static byte[] Legacy(
        long version = 1001, Opcode littleEndian = Opcode.NewTrue, byte[]? pickle = null, string[]? keys = null, byte[]? data = null)
    {
        var head = new PickleWriter().Proto().Op(Opcode.Long1, Magic).Stop().Proto().Integer(version).Stop()
            .Proto().Op(Opcode.EmptyDict).Text("little_endian").Op(littleEndian).Op(Opcode.SetItem).Stop().ToArray();
        var list = new PickleWriter().Proto().Op(Opcode.EmptyList);
        foreach (var key in keys ?? ["k"])
            list.Text(key).Op(Opcode.Append);
        return [.. head, .. pickle ?? Tensor, .. list.Stop().ToArray(), .. data ?? Data];
    }

    static void Refused(byte[] file, string found)
    {
        var error = Assert.Throws<InvalidDataException>(() => PyTorchCheckpoint.Open(new MemorySource(file)));
        Assert.StartsWith("test.pt, ", error.Message, StringComparison.Ordinal);
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
    }
}
