using HeadScope.Data.Weights.PyTorch;

namespace HeadScope.Data.Tests.Weights.PyTorch;

public class HostilePickleTests
{
    static readonly byte[] Storage = new byte[4 * sizeof(float)];

    [Theory]
    [InlineData("os", "system")]
    [InlineData("posix", "system")]
    [InlineData("nt", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("__builtin__", "eval")]
    [InlineData("builtins", "getattr")]
    [InlineData("subprocess", "Popen")]
    [InlineData("torch", "load")]
    [InlineData("torch.serialization", "load")]
    [InlineData("torch._utils", "_rebuild_tensor_v2.__globals__")]
    [InlineData("collections", "OrderedDict.__init__")]
    [InlineData("collections.OrderedDict", "")]
    [InlineData("torch", "hub.load")]
    [InlineData("TORCH", "Size")]
    public void Open_GlobalThatIsNotAllowed_IsNamedAndNeverCalled(string module, string name)
    {
        var call = (PickleWriter writer) => writer.Text("echo").Op(Opcode.Tuple1).Op(Opcode.Reduce);
        var byGlobal = Refused(PickleWriter.DictOf(writer => call(writer.Global(module, name))));
        var byStack = Refused(PickleWriter.DictOf(writer => call(writer.Text(module).Text(name).Op(Opcode.StackGlobal))));
        var found = $"found the global '{module}.{name}'";
        Assert.StartsWith($"test.pt, byte 9 of data.pkl, instruction 0x63 (Global): {found}", byGlobal, StringComparison.Ordinal);
        Assert.Contains($"instruction 0x93 (StackGlobal): {found}", byStack, StringComparison.Ordinal);
        Assert.All([byGlobal, byStack], message =>
        {
            Assert.Contains("expected one of collections.OrderedDict, torch.Size", message, StringComparison.Ordinal);
            Assert.Contains("save its state dict as safetensors", message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Open_InstructionThatMakesInstances_IsRefused()
    {
        var inst = PickleWriter.DictOf(writer => writer.Op(Opcode.Mark).Text("echo").Op(Opcode.Inst, "os\nsystem\n"u8));
        Assert.Contains("an instance of 'os.system'", Refused(inst), StringComparison.Ordinal);

        var obj = PickleWriter.DictOf(writer => writer.Op(Opcode.Mark).Global("torch", "Size").Text("echo").Op(Opcode.Obj));
        Assert.Contains("(Obj): found an instance of the global torch.Size", Refused(obj), StringComparison.Ordinal);

        var newObj = PickleWriter.DictOf(writer => writer.Global("torch", "Size").Op(Opcode.EmptyTuple).Op(Opcode.NewObj));
        Assert.Contains("(NewObj): found an instance of the global torch.Size", Refused(newObj), StringComparison.Ordinal);

        var newObjEx = PickleWriter.DictOf(writer =>
            writer.Global("torch", "Size").Op(Opcode.EmptyTuple).Op(Opcode.EmptyDict).Op(Opcode.NewObjEx));
        Assert.Contains("(NewObjEx): found an instance of the global torch.Size", Refused(newObjEx), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData((byte)Opcode.Ext1, new byte[] { 1 }, "extension 1")]
    [InlineData((byte)Opcode.Ext2, new byte[] { 1, 1 }, "extension 257")]
    [InlineData((byte)Opcode.Ext4, new byte[] { 255, 255, 255, 255 }, "extension 4294967295")]
    [InlineData((byte)Opcode.PersId, new byte[] { (byte)'x', (byte)'\n' }, "persistent id 'x'")]
    [InlineData((byte)Opcode.Int, new byte[] { (byte)'1', (byte)'\n' }, "(Int)")]
    [InlineData((byte)Opcode.EmptySet, new byte[0], "(EmptySet)")]
    [InlineData((byte)Opcode.NextBuffer, new byte[0], "(NextBuffer)")]
    [InlineData((byte)0xff, new byte[0], "instruction 0xff")]
    public void Open_OtherInstruction_IsRefused(byte opcode, byte[] operand, string found) =>
        Assert.Contains(found, Refused(PickleWriter.DictOf(writer => writer.Op((Opcode)opcode, operand))), StringComparison.Ordinal);

    [Fact]
    public void Open_AllowedFunctionWithOtherArguments_IsRefused()
    {
        string[] calls = ["_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter", "_rebuild_parameter_with_state"];
        Assert.All(calls, name =>
        {
            Refused(PickleWriter.DictOf(writer => writer.Global("torch._utils", name).Op(Opcode.EmptyTuple).Op(Opcode.Reduce)));
            Refused(PickleWriter.DictOf(writer => writer.Global("torch._utils", name).Tuple(1, 2, 3, 4, 5, 6).Op(Opcode.Reduce)));
            Refused(PickleWriter.DictOf(writer => writer.Global("torch._utils", name).Op(Opcode.None).Op(Opcode.Reduce)));
            Refused(PickleWriter.DictOf(writer => writer.Global("torch._utils", name).Text("attributes").Op(Opcode.Build)));
        });
        Refused(PickleWriter.DictOf(writer => writer.Global("torch", "FloatStorage").Tuple(1 << 30).Op(Opcode.Reduce)));
        Refused(PickleWriter.DictOf(writer => writer.Global("torch", "float32").Op(Opcode.EmptyTuple).Op(Opcode.Reduce)));
        Refused(PickleWriter.DictOf(writer => writer.Global("torch", "Size").Tuple(1, 2).Op(Opcode.Reduce)));
        Refused(PickleWriter.DictOf(writer => writer.Global("collections", "OrderedDict").Tuple(1).Op(Opcode.Reduce)));
        Refused(PickleWriter.DictOf(writer => writer.Text("print").Op(Opcode.EmptyTuple).Op(Opcode.Reduce)));
    }

    [Fact]
    public void Open_AttributesOfATensor_AreRefused() => Assert.Contains(
        "expected a dict of attributes for an OrderedDict",
        Refused(PickleWriter.DictOf(writer => writer.Floats("0", 4).Op(Opcode.EmptyDict).Op(Opcode.Build))),
        StringComparison.Ordinal);

    [Fact]
    public void Open_PersistentIdOfAModule_IsRefused() => Assert.Contains(
        "found the persistent id ('module', the global torch.Size, 'source.py', 'import os')",
        Refused(PickleWriter.DictOf(writer => writer
            .Op(Opcode.Mark).Text("module").Global("torch", "Size").Text("source.py").Text("import os")
            .Op(Opcode.Tuple).Op(Opcode.BinPersId))),
        StringComparison.Ordinal);

    [Fact]
    public void Open_NameTwice_IsRefused() => Assert.Contains(
        "'w' twice",
        Refused(PickleWriter.DictOf(writer => writer.Floats("0", 4).Op(Opcode.SetItem).Text("w").Floats("0", 4))),
        StringComparison.Ordinal);

    [Fact]
    public void Open_ErrorAboutTextFromTheFile_IsShortAndPrintable()
    {
        var module = "a\u001b[2J\n\u202e" + new string('x', 200);
        var message = Refused(PickleWriter.DictOf(writer => writer.Text(module).Text("b").Op(Opcode.StackGlobal)));
        Assert.DoesNotContain(message, c => char.IsControl(c) || c == '\u202e');
        Assert.InRange(message.Length, 100, 1000);
    }

    static string Refused(byte[] pickle)
    {
        var file = new MemorySource(ZipWriter.Checkpoint(pickle, Storage));
        return Assert.Throws<InvalidDataException>(() => PyTorchCheckpoint.Open(file)).Message;
    }
}
