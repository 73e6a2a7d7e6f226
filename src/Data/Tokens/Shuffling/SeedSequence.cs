namespace HeadScope.Data.Tokens.Shuffling;

/// <summary>
/// Spreads a seed over the state of a generator, as numpy's <c>SeedSequence(seed)</c> does. It follows M. E. O'Neill's
/// <c>seed_seq_fe128</c> ("Developing a seed_seq Alternative", 2015).
/// </summary>
internal sealed class SeedSequence
{
    const int PoolSize = 4;
    const int Shift = 16;

    readonly uint[] _pool = new uint[PoolSize];
    uint _multiplier = 0x43B0D7E5;

    public SeedSequence(ulong seed)
    {
        // The seed's words, the low one first; a pool larger than the seed goes on with zeros.
        uint[] words = [(uint)seed, (uint)(seed >> 32), 0, 0];
        for (var i = 0; i < PoolSize; i++)
            _pool[i] = Hash(words[i]);
        for (var source = 0; source < PoolSize; source++)
        {
            for (var target = 0; target < PoolSize; target++)
            {
                if (source != target)
                    _pool[target] = Mix(_pool[target], Hash(_pool[source]));
            }
        }
    }

    /// <summary>The first words of state, as <c>generate_state(n, uint64)</c> gives them.</summary>
    public ulong[] Generate(int count)
    {
        var multiplier = 0x8B51F9DDu;
        var state = new ulong[count];
        for (var i = 0; i < 2 * count; i++)
        {
            var word = Scramble(_pool[i % PoolSize], ref multiplier, 0x58F38DED);
            state[i / 2] |= (ulong)word << (32 * (i % 2));
        }

        return state;
    }

    uint Hash(uint value) => Scramble(value, ref _multiplier, 0x931E8875);

    static uint Scramble(uint value, ref uint multiplier, uint step)
    {
        value ^= multiplier;
        multiplier = unchecked(multiplier * step);
        value = unchecked(value * multiplier);
        return value ^ value >> Shift;
    }

    static uint Mix(uint x, uint y)
    {
        var mixed = unchecked(0xCA01F9DD * x - 0x4973F715 * y);
        return mixed ^ mixed >> Shift;
    }
}
