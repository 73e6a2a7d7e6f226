namespace HeadScope.ModelCore.Statistics;

/// <summary>A value and where in the dataset it is.</summary>
public readonly record struct Example(float Value, int Row, int Position);

/// <summary>
/// The k highest (or lowest) values with their places; among equals the earliest row and position. The same for any order of
/// additions and merges. NaN is never among them.
/// </summary>
public sealed class TopK(int capacity, bool lowest)
{
    readonly List<Example> _best = new(capacity + 1); // best first
    float _threshold = capacity == 0 ? float.PositiveInfinity : float.NegativeInfinity; // the worst kept, signed so that higher is better
    int _lastRow = capacity == 0 ? -1 : int.MaxValue; // the worst kept's

    public int Capacity => capacity;

    public bool Lowest => lowest;

    /// <summary>The best first.</summary>
    public IReadOnlyList<Example> Best => _best;

    /// <summary>Whether a value may enter, by the row it is in: false for nearly all, at the price of a comparison.</summary>
    public bool Admits(float value, int row)
    {
        var signed = lowest ? -value : value;
        return signed > _threshold || (signed == _threshold && row <= _lastRow);
    }

    public void Add(float value, int row, int position)
    {
        if (float.IsNaN(value) || capacity == 0)
            return;
        var example = new Example(value + 0f, row, position); // -0 is +0
        var index = _best.BinarySearch(example, Order.Of(lowest));
        _best.Insert(index < 0 ? ~index : index, example);
        if (_best.Count > capacity)
            _best.RemoveAt(capacity);
        if (_best.Count == capacity)
            (_threshold, _lastRow) = (lowest ? -_best[^1].Value : _best[^1].Value, _best[^1].Row);
    }

    public void Merge(TopK other)
    {
        foreach (var example in other._best)
            Add(example.Value, example.Row, example.Position);
    }

    sealed class Order(bool lowest) : IComparer<Example>
    {
        static readonly Order Highest = new(false);
        static readonly Order LowestFirst = new(true);

        public static Order Of(bool lowest) => lowest ? LowestFirst : Highest;

        public int Compare(Example a, Example b)
        {
            var byValue = lowest ? a.Value.CompareTo(b.Value) : b.Value.CompareTo(a.Value);
            return byValue != 0 ? byValue : (a.Row, a.Position).CompareTo((b.Row, b.Position));
        }
    }
}
