using System.Numerics;

namespace HeadScope.Data.Tokens.Shuffling;

/// <summary>
/// The generator behind numpy's <c>default_rng(seed)</c>: PCG XSL-RR 128/64 (M. E. O'Neill, "PCG: A Family of Simple Fast
/// Space-Efficient Statistically Good Algorithms for Random Number Generation", 2014).
/// </summary>
internal sealed class Pcg64
{
    static readonly UInt128 Multiplier = new(0x2360ED051FC65DA4, 0x4385DF649FCCF645);

    readonly UInt128 _increment;
    UInt128 _state;
    uint? _upperHalf;

    public Pcg64(ulong seed)
    {
        var words = new SeedSequence(seed).Generate(4);
        _increment = new UInt128(words[2], words[3]) << 1 | 1;
        Step(); // from zero
        _state += new UInt128(words[0], words[1]);
        Step();
    }

    public ulong Next64()
    {
        Step();
        var (upper, lower) = ((ulong)(_state >> 64), (ulong)_state);
        return BitOperations.RotateRight(upper ^ lower, (int)(upper >> 58));
    }

    /// <summary>Half of a number of 64 bits: the lower first, the upper at the next call.</summary>
    public uint Next32()
    {
        if (_upperHalf is { } half)
        {
            _upperHalf = null;
            return half;
        }

        var next = Next64();
        _upperHalf = (uint)(next >> 32);
        return (uint)next;
    }

    /// <summary>
    /// A number from 0 to <paramref name="largest"/>: as many bits as that has, drawn again until they fit. numpy's own shuffle
    /// draws so (<c>random_interval</c>) from 1.17 on, while its <c>integers</c> does not.
    /// </summary>
    public uint NextUpTo(uint largest)
    {
        if (largest == 0)
            return 0;
        var mask = uint.MaxValue >> BitOperations.LeadingZeroCount(largest);
        uint drawn;
        do
            drawn = Next32() & mask;
        while (drawn > largest);
        return drawn;
    }

    void Step() => _state = unchecked(_state * Multiplier + _increment);
}
