namespace HeadScope.Jobs.Specs;

/// <summary>
/// What a record makes of itself, once. A copy that 'with' has made and changed makes its own, and equality does not look at it.
/// </summary>
internal struct Once<TOwner, TValue> : IEquatable<Once<TOwner, TValue>>
    where TOwner : class
{
    Tuple<TOwner, TValue>? _made;

    public TValue Of(TOwner owner, Func<TOwner, TValue> make)
    {
        var made = _made; // one reference: threads that come at once see it whole, or make the same
        if (made is null || !ReferenceEquals(made.Item1, owner))
            _made = made = Tuple.Create(owner, make(owner));
        return made.Item2;
    }

    public readonly bool Equals(Once<TOwner, TValue> other) => true;

    public override readonly bool Equals(object? obj) => obj is Once<TOwner, TValue>;

    public override readonly int GetHashCode() => 0;
}
