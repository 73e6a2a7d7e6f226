using HeadScope.Data.Files;
namespace HeadScope.Data.Weights.PyTorch;

internal sealed partial class Unpickler
{
    readonly List<object?> _stack = [];
    readonly List<int> _marks = [];

    /// <summary>Nothing below the last mark can be taken.</summary>
    int Floor => _marks.Count > 0 ? _marks[^1] : 0;

    void Push(object? value)
    {
        if (_stack.Count >= Limits.StackDepth)
            throw Fail("one value on the stack too many", $"at most {Limits.StackDepth}", Remedy.Resave);
        _stack.Add(value);
    }

    object? Peek()
    {
        if (_stack.Count <= Floor)
            throw Underflow(1);
        return _stack[^1];
    }

    object? Pop()
    {
        var value = Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    /// <summary>The last <paramref name="count"/> values, in the order in which they were pushed.</summary>
    object?[] PopMany(int count)
    {
        if (_stack.Count - Floor < count)
            throw Underflow(count);
        var values = new object?[count];
        _stack.CopyTo(_stack.Count - count, values, 0, count);
        _stack.RemoveRange(_stack.Count - count, count);
        return values;
    }

    void Mark()
    {
        if (_marks.Count >= Limits.MarkDepth)
            throw Fail("one level of nesting too many", $"at most {Limits.MarkDepth}", Remedy.Resave);
        _marks.Add(_stack.Count);
    }

    /// <summary>The values pushed since the last mark, and the mark.</summary>
    object?[] PopToMark()
    {
        if (_marks.Count == 0)
            throw Fail("no mark on the stack", "one", Fault.Damaged);
        var values = _stack.Count == _marks[^1] ? [] : PopMany(_stack.Count - _marks[^1]);
        _marks.RemoveAt(_marks.Count - 1);
        return values;
    }

    object? Finish()
    {
        if (_stack.Count != 1 || _marks.Count != 0)
            throw Fail($"{_stack.Count} values and {_marks.Count} marks on the stack", "one value", Fault.Damaged);
        return Pop();
    }

    InvalidDataException Underflow(int count) =>
        Fail($"{_stack.Count - Floor} values on the stack since the last mark", $"{count}", Fault.Damaged);
}
