using System.Numerics;

namespace HeadScope.Data.Tokens;

/// <summary>Memory for merging one word at a time. Grows with the longest word. Used by one thread.</summary>
internal sealed class MergeScratch(MergeTable merges)
{
    LongWordMerger? _long;

    /// <summary>The word's tokens.</summary>
    public int[] Ids { get; private set; } = [];

    /// <summary>For short words: what each token and the next merge into.</summary>
    public long[] Pairs { get; } = new long[ByteLevelBpe.ShortWord];

    public LongWordMerger Long => _long ??= new LongWordMerger(merges);

    public long HeldBytes => (long)Ids.Length * sizeof(int) + (_long?.HeldBytes ?? 0);

    public void Reserve(int letters)
    {
        if (Ids.Length < letters)
            Ids = new int[Math.Min(Array.MaxLength, BitOperations.RoundUpToPowerOf2((uint)Math.Max(letters, 256)))];
    }
}
