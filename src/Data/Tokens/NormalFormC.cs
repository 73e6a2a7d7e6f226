using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace HeadScope.Data.Tokens;

/// <summary>
/// Unicode normal form C (UAX 15): canonical decomposition, canonical order, canonical composition. Used by one thread.
/// </summary>
internal sealed class NormalFormC
{
    /// <summary>All characters below are starters that stand for themselves and join nothing before them.</summary>
    const char FirstUnstable = '\u0300';

    // A cluster: a stretch of text between two boundaries, as (class, character) with the class in the upper half.
    readonly List<long> _cluster = [];
    readonly ArrayBufferWriter<char> _output = new();

    /// <summary>The text in normal form; itself where it is so already. Holds until the next call.</summary>
    public ReadOnlySpan<char> Normalize(ReadOnlySpan<char> text)
    {
        if (!FindCluster(text, 0, out var start, out var end))
            return text;
        _output.ResetWrittenCount();
        var copied = 0;
        do
        {
            _output.Write(text[copied..start]);
            Decompose(text[start..end]);
            Reorder(CollectionsMarshal.AsSpan(_cluster));
            Compose(CollectionsMarshal.AsSpan(_cluster));
            copied = end;
        }
        while (FindCluster(text, copied, out start, out end));

        _output.Write(text[copied..]);
        return _output.WrittenSpan;
    }

    /// <summary>Memory kept for the next text.</summary>
    public long HeldBytes => (long)_output.Capacity * sizeof(char) + (long)_cluster.Capacity * sizeof(long);

    /// <summary>The next cluster that may be out of normal form.</summary>
    static bool FindCluster(ReadOnlySpan<char> text, int from, out int start, out int end)
    {
        start = end = from;
        var at = from;
        var lastClass = 0;
        while (true)
        {
            if (lastClass == 0 && at < text.Length)
            {
                var skip = text[at..].IndexOfAnyExceptInRange('\0', (char)(FirstUnstable - 1));
                if (skip < 0)
                    return false;
                if (skip > 0)
                    start = at + skip - 1;
                at += skip;
            }

            if (at >= text.Length)
                return false;
            Rune.DecodeFromUtf16(text[at..], out var rune, out var width);
            if (NormalFormCTable.IsBoundary(rune.Value))
            {
                start = at;
                lastClass = 0;
            }
            else
            {
                var combiningClass = NormalFormCTable.ClassOf(rune.Value);
                if (NormalFormCTable.IsUnstable(rune.Value) || combiningClass < lastClass)
                    break;
                lastClass = combiningClass;
            }

            at += width;
        }

        for (end = at; end < text.Length;)
        {
            Rune.DecodeFromUtf16(text[end..], out var rune, out var width);
            if (end > at && NormalFormCTable.IsBoundary(rune.Value))
                break;
            end += width;
        }

        return true;
    }

    void Decompose(ReadOnlySpan<char> cluster)
    {
        _cluster.Clear();
        foreach (var rune in cluster.EnumerateRunes())
            Decompose(rune.Value);
    }

    void Decompose(int character)
    {
        if (Hangul.TryDecompose(character, out var lead, out var vowel, out var tail))
        {
            _cluster.Add(lead);
            _cluster.Add(vowel);
            if (tail != Hangul.TailBase)
                _cluster.Add(tail);
        }
        else if (NormalFormCTable.TryDecompose(character, out var first, out var second))
        {
            Decompose(first);
            if (second != 0)
                Decompose(second);
        }
        else
        {
            _cluster.Add((long)NormalFormCTable.ClassOf(character) << 32 | (uint)character);
        }
    }

    /// <summary>Sorts each run of non-starters by class, characters of one class keeping their order.</summary>
    static void Reorder(Span<long> cluster)
    {
        for (var start = 0; start < cluster.Length; start++)
        {
            var end = start;
            while (end < cluster.Length && ClassOf(cluster[end]) != 0)
                end++;
            if (end - start > 1)
                SortByClass(cluster[start..end]);
            start = end;
        }
    }

    static void SortByClass(Span<long> run)
    {
        if (run.Length <= 16)
        {
            for (var i = 1; i < run.Length; i++)
            {
                var item = run[i];
                var j = i;
                for (; j > 0 && ClassOf(run[j - 1]) > ClassOf(item); j--)
                    run[j] = run[j - 1];
                run[j] = item;
            }

            return;
        }

        // A sort in linear time: text of nothing but marks is no longer to be feared than other text.
        Span<int> places = stackalloc int[257];
        foreach (var item in run)
            places[ClassOf(item) + 1]++;
        for (var i = 1; i < places.Length; i++)
            places[i] += places[i - 1];
        foreach (var item in run.ToArray())
            run[places[ClassOf(item)]++] = item;
    }

    /// <summary>Joins each character to the last starter where nothing between blocks it, and writes the result.</summary>
    void Compose(Span<long> cluster)
    {
        int count = 0, starter = -1;
        // Class of the last character kept behind the starter; -1 where the starter is the last.
        var lastClass = -1;
        foreach (var item in cluster)
        {
            var combiningClass = ClassOf(item);
            if (starter >= 0 && lastClass < combiningClass)
            {
                int first = (int)cluster[starter], second = (int)item;
                var joined = NormalFormCTable.Compose(first, second) is > 0 and var composed ? composed : Hangul.Compose(first, second);
                if (joined != 0)
                {
                    cluster[starter] = joined;
                    continue;
                }
            }

            if (combiningClass == 0)
                starter = count;
            lastClass = combiningClass == 0 ? -1 : combiningClass;
            cluster[count++] = item;
        }

        foreach (var item in cluster[..count])
            AppendRune((int)item);
    }

    void AppendRune(int character) => _output.Advance(new Rune(character).EncodeToUtf16(_output.GetSpan(2)));

    static int ClassOf(long item) => (int)(item >> 32);
}
