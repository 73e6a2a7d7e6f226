using TorchSharp;

namespace HeadScope.ModelCore.Torch;

/// <summary>
/// Tensors that follow from something small and serve many operations: made once, and dropped when many others were made since.
/// </summary>
/// <param name="most">How many to keep.</param>
internal sealed class Constants(int most) : IDisposable
{
    readonly List<(object Key, torch.Tensor[] Tensors)> _kept = []; // the one used last comes last

    /// <param name="make">Called within an operation; what it returns belongs to this.</param>
    public torch.Tensor[] Get(object key, Func<torch.Tensor[]> make)
    {
        var index = _kept.FindIndex(entry => entry.Key.Equals(key));
        var found = index >= 0 ? _kept[index] : (key, Array.ConvertAll(make(), made => made.DetachFromDisposeScope()));
        if (index >= 0)
            _kept.RemoveAt(index);
        else if (_kept.Count == most)
            Drop(0);
        _kept.Add(found);
        return found.Item2;
    }

    public void Dispose()
    {
        while (_kept.Count > 0)
            Drop(_kept.Count - 1);
    }

    void Drop(int index)
    {
        foreach (var kept in _kept[index].Tensors)
            kept.Dispose();
        _kept.RemoveAt(index);
    }
}
