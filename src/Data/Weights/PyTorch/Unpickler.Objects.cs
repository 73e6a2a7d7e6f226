using HeadScope.Data.Files;
namespace HeadScope.Data.Weights.PyTorch;

internal sealed partial class Unpickler
{
    void Extend(object?[] items)
    {
        if (Peek() is not PickleList list)
            throw Fail(PickleValue.Describe(Peek()), "a list to append to", Remedy.Resave);
        list.AddRange(items);
    }

    void SetItems(object?[] items)
    {
        if (Peek() is not PickleDict dict)
            throw Fail(PickleValue.Describe(Peek()), "a dict to add to", Remedy.Resave);
        if (items.Length % 2 != 0)
            throw Fail($"{items.Length} keys and values", "an even number", Fault.Damaged);
        for (var i = 0; i < items.Length; i += 2)
            dict.Add(new(items[i], items[i + 1]));
    }

    void PushStackGlobal()
    {
        if (PopMany(2) is not [string { Length: <= Limits.NameLength } module, string { Length: <= Limits.NameLength } name])
            throw Fail("no global's name", $"two strings of at most {Limits.NameLength} characters", Remedy.Resave);
        PushGlobal(module, name);
    }

    void PushGlobal(string module, string name) =>
        Push(PickleGlobal.Find(module, name) ?? throw NotAllowed(module, name));

    /// <summary>Python lets a file import anything by name, so what is not on the list stays a name in an error message.</summary>
    InvalidDataException NotAllowed(string module, string name) => Fail(
        $"the global {Fault.Quote($"{module}.{name}")}, which loading the file with Python would import",
        $"one of {PickleGlobal.Allowed}",
        Remedy.Resave);

    void Call()
    {
        var call = PopMany(2);
        if (call is not [PickleGlobal { Call: { } function }, object?[] arguments])
            throw Fail(
                $"a call of {PickleValue.Describe(call[0])} with {PickleValue.Describe(call[1])}",
                "an allowed function and a tuple of arguments",
                Remedy.Resave);
        Push(function(arguments, this));
    }

    /// <summary>
    /// Attributes of an OrderedDict are dropped: a state dict's <c>_metadata</c> holds the version numbers of modules. No
    /// other object can have any.
    /// </summary>
    void Build()
    {
        var state = Pop();
        if (state is not PickleDict || Peek() is not PickleDict)
            throw Fail(
                $"attributes {PickleValue.Describe(state)} for {PickleValue.Describe(Peek())}",
                "a dict of attributes for an OrderedDict",
                Remedy.Resave);
    }

    void PushStorage()
    {
        var id = Pop();
        if (id is not object?[] parts
            || parts is not ["storage", PickleGlobal { Storage: { } type }, string key, string, long count and >= 0, .. [] or [null]]
            || key.Length > Limits.NameLength)
            throw NotStorage(id);
        Push(storages.Get(type, key, count, this));
    }

    InvalidDataException NotStorage(object? id) => Fail(
        id is object?[] parts
            ? $"the persistent id ({string.Join(", ", parts.Take(8).Select(PickleValue.Describe))})"
            : $"the persistent id {PickleValue.Describe(id)}",
        "('storage', storage type, key, location, number of elements)",
        Remedy.Resave);

    /// <summary>The error for an instruction that is never carried out, with the name that it would have called.</summary>
    InvalidDataException Refuse()
    {
        var found = _opcode switch
        {
            Opcode.Inst => $"an instance of {Fault.Quote($"{input.TakeLine()}.{input.TakeLine()}")}",
            Opcode.Obj when _marks.Count > 0 && _marks[^1] < _stack.Count => $"an instance of {PickleValue.Describe(_stack[_marks[^1]])}",
            Opcode.NewObj when _stack.Count >= 2 => $"an instance of {PickleValue.Describe(_stack[^2])}",
            Opcode.NewObjEx when _stack.Count >= 3 => $"an instance of {PickleValue.Describe(_stack[^3])}",
            Opcode.Ext1 => $"the registered extension {input.TakeByte()}",
            Opcode.Ext2 => $"the registered extension {input.TakeUInt16()}",
            Opcode.Ext4 => $"the registered extension {input.TakeUInt32()}",
            Opcode.PersId => $"the persistent id {Fault.Quote(input.TakeLine())}",
            _ => "an instruction that no state dict needs",
        };
        return Fail(found, $"tensors in dicts, lists and tuples, made by {PickleGlobal.Allowed}", Remedy.Resave);
    }
}
