using System.Buffers.Binary;
using System.Text;
using HeadScope.Data.Weights.PyTorch;

namespace HeadScope.Data.Tests.Weights.PyTorch;

/// <summary>Writes pickles instruction by instruction, sane or not.</summary>
internal sealed class PickleWriter
{
    readonly List<byte> _bytes = [];

    public int Length => _bytes.Count;

    public PickleWriter Op(Opcode opcode, params ReadOnlySpan<byte> operand)
    {
        _bytes.Add((byte)opcode);
        _bytes.AddRange(operand);
        return this;
    }

    public PickleWriter Repeat(int count, Action<PickleWriter> write)
    {
        for (var i = 0; i < count; i++)
            write(this);
        return this;
    }

    public PickleWriter Proto(byte version = 2) => Op(Opcode.Proto, version);

    public PickleWriter Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Op(Opcode.BinUnicode, [.. UInt32((uint)bytes.Length), .. bytes]);
    }

    public PickleWriter Integer(long value)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Op(Opcode.Long1, [sizeof(long), .. bytes]);
    }

    public PickleWriter Global(string module, string name) => Op(Opcode.Global, Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    public PickleWriter Tuple(params ReadOnlySpan<long> values)
    {
        Op(Opcode.Mark);
        foreach (var value in values)
            Integer(value);
        return Op(Opcode.Tuple);
    }

    public PickleWriter Storage(string type, string key, long count) =>
        Op(Opcode.Mark).Text("storage").Global("torch", type).Text(key).Text("cpu").Integer(count).Op(Opcode.Tuple).Op(Opcode.BinPersId);

    public PickleWriter Tensor(string type, string key, long count, long offset, long[] shape, long[] stride) =>
        Global("torch._utils", "_rebuild_tensor_v2").Op(Opcode.Mark).Storage(type, key, count).Integer(offset).Tuple(shape).Tuple(stride)
            .Op(Opcode.NewFalse).Op(Opcode.EmptyDict).Op(Opcode.Tuple).Op(Opcode.Reduce);

    /// <summary>A tensor of <paramref name="count"/> float32 in storage <paramref name="key"/>.</summary>
    public PickleWriter Floats(string key, long count) => Tensor("FloatStorage", key, count, 0, [count], [1]);

    public PickleWriter Stop() => Op(Opcode.Stop);

    public byte[] ToArray() => [.. _bytes];

    /// <summary>Protocol 2: <c>{"w": ...}</c> with the value that <paramref name="value"/> writes.</summary>
    public static byte[] DictOf(Action<PickleWriter> value)
    {
        var writer = new PickleWriter().Proto().Op(Opcode.EmptyDict).Text("w");
        value(writer);
        return writer.Op(Opcode.SetItem).Stop().ToArray();
    }

    public static byte[] UInt32(uint value)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
