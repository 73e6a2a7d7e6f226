using System.Runtime.CompilerServices;

namespace HeadScope.ModelCore.Statistics;

/// <summary>
/// Float32 as integers of the same order: <c>a &lt; b</c> exactly where <c>Of(a) &lt; Of(b)</c>, infinities at the ends.
/// -0 is taken as +0. NaN has no place in the order and must be kept out.
/// </summary>
/// <remarks>Negative floats order backwards as integers, so their bits are flipped; the others get the top bit.</remarks>
public static class FloatKey
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Of(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value + 0f); // -0 + 0 = +0
        return bits ^ ((uint)((int)bits >> 31) | 0x8000_0000u);
    }

    /// <summary>Whether a key is of a number, infinities included: not of NaN.</summary>
    public static bool IsNumber(uint key) => key is >= 0x007F_FFFF and <= 0xFF80_0000;

    /// <summary>The float with a key.</summary>
    public static float ToFloat(uint key) =>
        BitConverter.UInt32BitsToSingle((key & 0x8000_0000u) != 0 ? key ^ 0x8000_0000u : ~key);
}
