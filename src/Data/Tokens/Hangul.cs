namespace HeadScope.Data.Tokens;

/// <summary>Korean syllables are made of jamo by arithmetic (the Unicode Standard, section 3.12).</summary>
internal static class Hangul
{
    public const int SyllableBase = 0xAC00;
    public const int LeadBase = 0x1100;
    public const int VowelBase = 0x1161;

    /// <summary>One before the first tail: tail 0 is none.</summary>
    public const int TailBase = 0x11A7;

    public const int LeadCount = 19;
    public const int VowelCount = 21;
    public const int TailCount = 28;
    public const int SyllableCount = LeadCount * VowelCount * TailCount;

    public static bool TryDecompose(int character, out int lead, out int vowel, out int tail)
    {
        var index = character - SyllableBase;
        lead = LeadBase + index / (VowelCount * TailCount);
        vowel = VowelBase + index / TailCount % VowelCount;
        tail = TailBase + index % TailCount;
        return (uint)index < SyllableCount;
    }

    /// <summary>Lead and vowel, or such a syllable and a tail, made one; 0 where the two are neither.</summary>
    public static int Compose(int first, int second)
    {
        int lead = first - LeadBase, vowel = second - VowelBase;
        if ((uint)lead < LeadCount && (uint)vowel < VowelCount)
            return SyllableBase + (lead * VowelCount + vowel) * TailCount;
        int syllable = first - SyllableBase, tail = second - TailBase;
        return (uint)syllable < SyllableCount && syllable % TailCount == 0 && tail is > 0 and < TailCount ? first + tail : 0;
    }
}
