using HeadScope.Data.Weights.PyTorch;

namespace HeadScope.Data.Tests.Weights.PyTorch;

/// <summary>Takes pickles apart, for tests that change one instruction and leave the rest well-formed.</summary>
internal static class PickleInstructions
{
    /// <summary>The instructions of the first pickle in <paramref name="bytes"/>, each with its operand.</summary>
    public static List<byte[]> Split(ReadOnlySpan<byte> bytes)
    {
        var instructions = new List<byte[]>();
        while (instructions.Count == 0 || instructions[^1][0] != (byte)Opcode.Stop)
        {
            var length = 1 + OperandLength(bytes);
            instructions.Add(bytes[..length].ToArray());
            bytes = bytes[length..];
        }

        return instructions;
    }

    static int OperandLength(ReadOnlySpan<byte> bytes) => (Opcode)bytes[0] switch
    {
        Opcode.Proto or Opcode.BinInt1 or Opcode.BinPut or Opcode.BinGet => 1,
        Opcode.BinInt2 => 2,
        Opcode.BinInt or Opcode.LongBinPut or Opcode.LongBinGet => 4,
        Opcode.BinFloat or Opcode.Frame => 8,
        Opcode.Long1 or Opcode.ShortBinUnicode or Opcode.ShortBinBytes => 1 + bytes[1],
        Opcode.BinUnicode => 4 + BitConverter.ToInt32(bytes[1..]),
        Opcode.Global => bytes[1..].IndexOf((byte)'\n') is var module ? module + 1 + bytes[(module + 2)..].IndexOf((byte)'\n') + 1 : 0,
        _ => 0,
    };
}
