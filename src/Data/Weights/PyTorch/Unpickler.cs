using System.Globalization;
using System.Numerics;
using HeadScope.Data.Files;

namespace HeadScope.Data.Weights.PyTorch;

/// <summary>
/// A pickle machine that can build tensors, plain containers and scalars, and nothing else. Names resolve in a fixed table
/// (<see cref="PickleGlobal"/>), calls go to stand-ins of constant cost (<see cref="TorchCalls"/>), and whatever else a pickle
/// can ask for is refused with its name and place.
/// </summary>
/// <remarks>
/// Time is linear in the bytes taken: no instruction copies more than it takes from the pickle or from the stack. It does
/// not recurse. Instructions are those of protocols 2 to 5, as Python's standard library defines them.
/// </remarks>
internal sealed partial class Unpickler(PickleInput input, StorageTable storages)
{
    static readonly object True = true;
    static readonly object False = false;
    static readonly object[] SmallIntegers = [.. Enumerable.Range(0, 256).Select(i => (object)(long)i)];

    readonly Dictionary<uint, object?> _memo = [];
    Opcode _opcode;
    long _opcodeAt;
    int _operations;
    int _tensors;

    /// <summary>Runs one pickle to its end and returns what it made. Several may follow each other in one input.</summary>
    /// <exception cref="InvalidDataException">The pickle is malformed, too large, or asks for something not allowed.</exception>
    public object? Load()
    {
        _memo.Clear();
        while (true)
        {
            _opcodeAt = input.Position;
            _opcode = (Opcode)input.TakeByte();
            if (++_operations > Limits.Operations)
                throw Fail("one instruction too many", $"at most {Limits.Operations}", Remedy.Resave);
            if (_opcode == Opcode.Stop)
                return Finish();
            Execute();
        }
    }

    /// <summary>An error at the current instruction.</summary>
    public InvalidDataException Fail(string found, string expected, string remedy) =>
        input.Source.Fail($"byte {_opcodeAt} of {input.Name}, instruction {Show(_opcode)}", found, expected, remedy);

    /// <summary>A view of <paramref name="storage"/> that has passed every check that needs no data.</summary>
    public TensorView Tensor(PickleStorage storage, long offset, object?[] shape, object?[] stride)
    {
        if (++_tensors > Limits.Tensors)
            throw Fail("one tensor too many", $"at most {Limits.Tensors}", Remedy.Resave);
        return TensorView.Create(storage, offset, shape, stride, this);
    }

    static string Show(Opcode opcode) => Enum.IsDefined(opcode)
        ? $"0x{(byte)opcode:x2} ({opcode})"
        : string.Create(CultureInfo.InvariantCulture, $"0x{(byte)opcode:x2}");

    void Execute()
    {
        switch (_opcode)
        {
            case Opcode.Proto:
                if (input.TakeByte() is var protocol and (< 2 or > 5))
                    throw Fail($"pickle protocol {protocol}", "2 to 5", Remedy.Resave);
                break;
            case Opcode.Frame: // only says how the writer buffered
                if (input.TakeUInt64() is var frame && frame > (ulong)input.Left)
                    throw Fail($"a frame of {frame} bytes", $"at most the {input.Left} that are left", Fault.Damaged);
                break;

            case Opcode.None: Push(null); break;
            case Opcode.NewTrue: Push(True); break;
            case Opcode.NewFalse: Push(False); break;
            case Opcode.BinInt1: Push(SmallIntegers[input.TakeByte()]); break;
            case Opcode.BinInt2: Push((long)input.TakeUInt16()); break;
            case Opcode.BinInt: Push((long)input.TakeInt32()); break;
            case Opcode.Long1: PushInteger(input.TakeByte()); break;
            case Opcode.Long4: PushInteger(input.TakeUInt32()); break;
            case Opcode.BinFloat: Push(input.TakeDouble()); break;
            case Opcode.ShortBinUnicode or Opcode.ShortBinString: Push(input.TakeString(input.TakeByte())); break;
            case Opcode.BinUnicode or Opcode.BinString: Push(input.TakeString(input.TakeUInt32())); break;
            case Opcode.BinUnicode8: Push(input.TakeString(input.TakeUInt64())); break;
            case Opcode.ShortBinBytes: PushBytes(input.TakeByte()); break;
            case Opcode.BinBytes: PushBytes(input.TakeUInt32()); break;
            case Opcode.BinBytes8: PushBytes(input.TakeUInt64()); break;

            case Opcode.Mark: Mark(); break;
            case Opcode.EmptyTuple: Push(Array.Empty<object?>()); break;
            case Opcode.Tuple1: Push(PopMany(1)); break;
            case Opcode.Tuple2: Push(PopMany(2)); break;
            case Opcode.Tuple3: Push(PopMany(3)); break;
            case Opcode.Tuple: Push(PopToMark()); break;
            case Opcode.EmptyList: Push(new PickleList()); break;
            case Opcode.Append: Extend(PopMany(1)); break;
            case Opcode.Appends: Extend(PopToMark()); break;
            case Opcode.EmptyDict: Push(new PickleDict()); break;
            case Opcode.SetItem: SetItems(PopMany(2)); break;
            case Opcode.SetItems: SetItems(PopToMark()); break;

            case Opcode.BinPut: Remember(input.TakeByte()); break;
            case Opcode.LongBinPut: Remember(input.TakeUInt32()); break;
            case Opcode.Memoize: Remember((uint)_memo.Count); break;
            case Opcode.BinGet: Recall(input.TakeByte()); break;
            case Opcode.LongBinGet: Recall(input.TakeUInt32()); break;

            case Opcode.Global: PushGlobal(input.TakeLine(), input.TakeLine()); break;
            case Opcode.StackGlobal: PushStackGlobal(); break;
            case Opcode.BinPersId: PushStorage(); break;
            case Opcode.Reduce: Call(); break;
            case Opcode.Build: Build(); break;
            default: throw Refuse();
        }
    }

    void PushInteger(uint bytes)
    {
        if (bytes > Limits.IntegerBytes)
            throw Fail($"an integer of {bytes} bytes", $"at most {Limits.IntegerBytes}", Remedy.Resave);
        var value = new BigInteger(input.Take((int)bytes));
        Push(value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value);
    }

    void PushBytes(ulong count)
    {
        input.Skip(count);
        Push(PickleBytes.Instance);
    }

    void Remember(uint index)
    {
        if (_memo.Count >= Limits.MemoEntries)
            throw Fail("one memo entry too many", $"at most {Limits.MemoEntries}", Remedy.Resave);
        _memo[index] = Peek();
    }

    void Recall(uint index)
    {
        if (!_memo.TryGetValue(index, out var value))
            throw Fail($"a reference to memo entry {index}", "one that an earlier instruction stored", Fault.Damaged);
        Push(value);
    }
}
