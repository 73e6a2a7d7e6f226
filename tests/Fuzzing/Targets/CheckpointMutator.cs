using HeadScope.Data.Tests.Weights.PyTorch;
using HeadScope.Data.Weights.PyTorch;
using HeadScope.Tests.Support;
using static HeadScope.Tests.Support.ByteChanges;

namespace HeadScope.Fuzzing.Targets;

/// <summary>
/// Makes damaged checkpoints of whole ones. Half of the cases change bytes anywhere; the others change instructions of the
/// pickle and wrap the result in a sound file, so that the change is reached.
/// </summary>
internal sealed class CheckpointMutator
{
    readonly CheckpointParts[] _parts;
    readonly byte[][] _pool;

    /// <param name="files">Zip and legacy checkpoints.</param>
    public CheckpointMutator(IReadOnlyList<byte[]> files)
    {
        _parts = [.. files.Where(file => file.AsSpan().StartsWith("PK"u8)).Select(CheckpointParts.Of)];
        _pool = [.. _parts.SelectMany(parts => parts.Instructions), .. Hostile()];
    }

    public byte[] Next(IReadOnlyList<byte[]> inputs, Random random)
    {
        var parts = Pick(_parts, random);
        return random.Next(4) switch
        {
            0 or 1 => ChangeBytes(Pick(inputs, random), inputs, random),
            2 => parts.Wrap(Join(ChangeInstructions(parts.Instructions, random))),
            _ => parts.Wrap(ChangeBytes(Join(parts.Instructions), inputs, random)),
        };
    }

    byte[] ChangeBytes(byte[] bytes, IReadOnlyList<byte[]> inputs, Random random)
    {
        var result = bytes.ToList();
        for (var changes = Changes(random); changes > 0 && result.Count > 0; changes--)
        {
            var at = random.Next(result.Count);
            switch (random.Next(8))
            {
                case 0: result.RemoveRange(at, result.Count - at); break;
                case 1: result.InsertRange(at, Cut(Pick(inputs, random), random)); break;
                case 2: Overwrite(result, at, random); break;
                case 3: result.InsertRange(at, Pick(_pool, random)); break;
                default: Any(result, at, longest: 32, random); break;
            }
        }

        return [.. result];
    }

    List<byte[]> ChangeInstructions(List<byte[]> instructions, Random random)
    {
        List<byte[]> result = [.. instructions];
        for (var changes = Changes(random); changes > 0 && result.Count > 0; changes--)
        {
            var at = random.Next(result.Count);
            switch (random.Next(7))
            {
                case 0: result.RemoveAt(at); break;
                case 1: result.Insert(at, result[random.Next(result.Count)]); break;
                case 2: result[at] = Pick(_pool, random); break;
                case 3: result.Insert(at, Pick(_pool, random)); break;
                case 4:
                    var other = random.Next(result.Count);
                    (result[at], result[other]) = (result[other], result[at]);
                    break;
                case 5: result[at] = new PickleWriter().Integer(Pick(Extremes, random)).ToArray(); break;
                default:
                    var operand = result[at].ToList();
                    Overwrite(operand, 1, random);
                    result[at] = [.. operand];
                    break;
            }
        }

        return result;
    }

    /// <summary>Mostly one: with each change more, fewer files get past their first instructions.</summary>
    static int Changes(Random random) => random.Next(3) == 0 ? 2 + random.Next(3) : 1;

    static IEnumerable<byte[]> Hostile()
    {
        yield return new PickleWriter().Global("os", "system").ToArray();
        yield return new PickleWriter().Op(Opcode.Inst, "os\nsystem\n"u8).ToArray();
        yield return new PickleWriter().Op(Opcode.Long4, 255, 255, 255, 127).ToArray();
        yield return new PickleWriter().Op(Opcode.BinUnicode8, 255, 255, 255, 255, 255, 255, 255, 127).ToArray();
        yield return new PickleWriter().Op(Opcode.BinUnicode, 255, 255, 15, 0).ToArray();
        yield return new PickleWriter().Op(Opcode.BinBytes8, 255, 255, 255, 255, 255, 255, 255, 255).ToArray();
        yield return new PickleWriter().Global("torch", "Size").ToArray();
        yield return new PickleWriter().Global("torch._utils", "_rebuild_tensor").ToArray();
        yield return new PickleWriter().Floats("0", 6).ToArray();
        foreach (var opcode in Enum.GetValues<Opcode>())
            yield return [(byte)opcode];
    }

    static byte[] Join(IEnumerable<byte[]> parts) => [.. parts.SelectMany(part => part)];
}
