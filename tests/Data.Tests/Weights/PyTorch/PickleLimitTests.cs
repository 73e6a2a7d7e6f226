using System.Diagnostics;
using HeadScope.Data.Weights.PyTorch;

namespace HeadScope.Data.Tests.Weights.PyTorch;

/// <summary>Pickles that ask for much with few bytes, and recursive ones. None may take long, or allocate beyond the bound.</summary>
public class PickleLimitTests
{
    public static TheoryData<string, string, byte[]> Bombs
    {
        get
        {
            var bombs = new TheoryData<string, string, byte[]>();

            void Add(string name, string found, Action<PickleWriter> write) => bombs.Add(name, found, Pickle(write));

            Add("an endless stack", "value on the stack too many", writer => writer.Repeat(Limits.StackDepth + 1, w => w.Op(Opcode.None)));
            Add("endless marks", "level of nesting too many", writer => writer.Repeat(Limits.MarkDepth + 1, w => w.Op(Opcode.Mark)));
            Add("too many instructions", "instruction too many",
                writer => writer.Op(Opcode.EmptyList).Repeat(Limits.Operations / 2, w => w.Op(Opcode.None).Op(Opcode.Append)));
            Add("too many memo entries", "memo entry too many",
                writer => writer.Op(Opcode.None).Repeat(Limits.MemoEntries + 1, w => w.Op(Opcode.Memoize)));
            Add("deep tuples", "a tuple of 1, a tuple of 1", writer => writer.Op(Opcode.None).Repeat(500_000, w => w.Op(Opcode.Tuple1)));
            Add("many containers to search", "container too many",
                writer => writer.Op(Opcode.EmptyList)
                    .Repeat(70, w => w.Op(Opcode.Mark).Repeat(1000, v => v.Op(Opcode.EmptyDict)).Op(Opcode.Appends)));
            Add("many containers of one long name", "a dict of 60000",
                writer => writer.Op(Opcode.EmptyDict)
                    .Text(new string('x', 1000)).Op(Opcode.BinPut, 0).Op(Opcode.EmptyDict).Op(Opcode.SetItem)
                    .Repeat(59_999, w => w.Op(Opcode.BinGet, 0).Op(Opcode.EmptyDict).Op(Opcode.SetItem)));
            Add("many floats", "a list of 200000",
                writer => writer.Op(Opcode.EmptyList).Repeat(200_000, w => w.Op(Opcode.BinFloat, new byte[8]).Op(Opcode.Append)));
            Add("too many tensors", "tensor too many",
                writer => writer.Op(Opcode.EmptyList).Global("torch._utils", "_rebuild_tensor").Op(Opcode.BinPut, 0)
                    .Op(Opcode.Mark).Storage("FloatStorage", "0", 4).Integer(0).Tuple(new long[16]).Tuple(new long[16]).Op(Opcode.Tuple)
                    .Op(Opcode.BinPut, 1).Op(Opcode.Reduce)
                    .Repeat(Limits.Tensors, w => w.Op(Opcode.Append).Op(Opcode.BinGet, 0).Op(Opcode.BinGet, 1).Op(Opcode.Reduce)));
            Add("a tensor under too many names", "tensor too many",
                writer => writer.Op(Opcode.EmptyDict).Op(Opcode.BinPut, 1).Text("w").Floats("0", 4).Op(Opcode.BinPut, 0).Op(Opcode.SetItem)
                    .Repeat(Limits.Tensors, w => w.Text($"{w.Length}").Op(Opcode.BinGet, 0).Op(Opcode.SetItem)));
            Add("more elements than the file could hold", "tensors of 1099511627776 elements",
                w => w.Op(Opcode.EmptyDict).Text("w").Tensor("FloatStorage", "0", 4, 0, [1 << 20, 1 << 20], [0, 0]).Op(Opcode.SetItem));
            Add("a list in itself", "a list of 1", w => w.Op(Opcode.EmptyList).Op(Opcode.BinPut, 0).Op(Opcode.BinGet, 0).Op(Opcode.Append));
            Add("a dict in itself", "a dict of 1",
                w => w.Op(Opcode.EmptyDict).Op(Opcode.BinPut, 0).Text("w").Op(Opcode.BinGet, 0).Op(Opcode.SetItem));
            Add("a key in itself", "a dict of 1",
                w => w.Op(Opcode.EmptyDict).Op(Opcode.BinPut, 0).Op(Opcode.BinGet, 0).Op(Opcode.BinGet, 0).Op(Opcode.SetItem));
            Add("attributes of themselves", "a dict of 0",
                w => w.Op(Opcode.EmptyDict).Op(Opcode.BinPut, 0).Op(Opcode.BinGet, 0).Op(Opcode.Build));
            Add("doubling containers", "a tuple of 2",
                writer => writer.Op(Opcode.EmptyList).Repeat(200, w => w.Op(Opcode.BinPut, 0).Op(Opcode.BinGet, 0).Op(Opcode.Tuple2)));
            Add("an integer of 2 GB", "an integer of 2147483647 bytes", w => w.Op(Opcode.Long4, 255, 255, 255, 127));
            Add("a string of 4 GB", "a string of 4294967295 bytes", w => w.Op(Opcode.BinUnicode, 255, 255, 255, 255));
            Add("a string of 2^64", "a string of 18446744073709551615 bytes",
                w => w.Op(Opcode.BinUnicode8, 255, 255, 255, 255, 255, 255, 255, 255));
            Add("a string of 1 MB that is not there", "expected 1048576 more", w => w.Op(Opcode.BinUnicode, 0, 0, 16, 0));
            Add("bytes of 2^63", "expected 9223372036854775808 more", w => w.Op(Opcode.BinBytes8, 0, 0, 0, 0, 0, 0, 0, 128));
            Add("a frame of 2^64", "a frame of 18446744073709551615 bytes",
                w => w.Op(Opcode.Frame, 255, 255, 255, 255, 255, 255, 255, 255));
            Add("a name without end", "no global's name", w => w.Op(Opcode.Global, new byte[1000].Select(_ => (byte)'a').ToArray()));
            Add("memo entry 2^32 - 1", "memo entry 4294967295", w => w.Op(Opcode.LongBinGet, 255, 255, 255, 255));
            Add("no value", "0 values", _ => { });
            Add("two values", "2 values", w => w.Op(Opcode.None).Op(Opcode.None));
            Add("a mark as value", "1 marks", w => w.Op(Opcode.Mark));
            Add("values below a mark", "1 values on the stack since the last mark",
                w => w.Op(Opcode.EmptyDict).Op(Opcode.None).Op(Opcode.Mark).Op(Opcode.None).Op(Opcode.SetItem));
            Add("a key without value", "1 keys and values",
                w => w.Op(Opcode.EmptyDict).Op(Opcode.Mark).Op(Opcode.None).Op(Opcode.SetItems));
            bombs.Add("protocol 0", "pickle protocol 0", new PickleWriter().Proto(0).Op(Opcode.EmptyDict).Stop().ToArray());
            bombs.Add("protocol 6", "pickle protocol 6", new PickleWriter().Proto(6).Op(Opcode.EmptyDict).Stop().ToArray());
            bombs.Add("no end", "0 bytes to its end", new PickleWriter().Proto().Op(Opcode.EmptyDict).ToArray());
            bombs.Add("no pickle", "0 bytes to its end", []);
            return bombs;
        }
    }

    [Theory]
    [MemberData(nameof(Bombs), DisableDiscoveryEnumeration = true)]
    public void Open_PickleBeyondALimit_FailsWithinTimeAndMemory(string name, string found, byte[] pickle)
    {
        var file = new MemorySource(ZipWriter.Checkpoint(pickle, new byte[16]));
        var clock = Stopwatch.StartNew();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InvalidDataException>(() => PyTorchCheckpoint.Open(file));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
        var bound = Math.Min(256L * pickle.Length + (256 << 10), 512L << 20);
        Assert.True(allocated <= bound, $"{name}: {allocated} bytes for {pickle.Length}");

        // Four million instructions take some tenths of a second; the rest is for a loaded machine.
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{name}: {clock.Elapsed}");
    }

    [Fact]
    public void Open_LargestPickle_StaysBelowTheBound()
    {
        var pickle = Pickle(writer => writer.Repeat(Limits.PickleBytes >> 20, w => w.Text(new string('x', Limits.StringBytes - 10))));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => PyTorchCheckpoint.Open(new MemorySource(ZipWriter.Checkpoint(pickle))));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 512 << 20);
    }

    [Fact]
    public void Open_PickleBeyondItsSize_IsRefusedUnread()
    {
        var pickle = new byte[Limits.PickleBytes + 1];
        var error = Assert.Throws<InvalidDataException>(() => PyTorchCheckpoint.Open(new MemorySource(ZipWriter.Checkpoint(pickle))));
        Assert.Contains($"{pickle.Length} bytes; expected at most {Limits.PickleBytes}", error.Message, StringComparison.Ordinal);
    }

    static byte[] Pickle(Action<PickleWriter> write)
    {
        var writer = new PickleWriter().Proto();
        write(writer);
        return writer.Stop().ToArray();
    }
}
