using HeadScope.Data.Frames;

namespace HeadScope.Data.Tests.Frames;

/// <summary>Frames of every type with runs, small and large vocabularies, extremes and text of all lengths.</summary>
internal static class RandomFrames
{
    static readonly float[] Floats = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0f, 0f, float.Epsilon, float.MaxValue];
    static readonly double[] Doubles = [.. Floats.Select(value => (double)value), double.Epsilon, double.MaxValue];
    static readonly string[] Words = ["", "L3H7", " the", "é", "日本語", "\U0001F600", "a,b", "say \"so\"", "\n", "\uFFFD\uE000"];

    public static Frame Next(Random random, int rows)
    {
        var frame = new Frame()
            .Add("ints", Column(random, rows, r => r.Next(int.MinValue, int.MaxValue), int.MinValue, int.MaxValue, -1, 0))
            .Add("longs", Column(random, rows, r => r.NextInt64(long.MinValue, long.MaxValue), long.MinValue, long.MaxValue, -1, 0))
            .Add("floats", Column(random, rows, r => r.NextSingle() - 0.5f, Floats))
            .Add("doubles", Column(random, rows, r => r.NextDouble() - 0.5, Doubles))
            .Add("flags", Column(random, rows, r => r.Next(2) == 0, true, false))
            .Add("strings", Column(random, rows, r => string.Concat(r.GetItems(Words, r.Next(5))), Words));
        return random.Next(2) == 0 ? frame : frame.Add("counter", Enumerable.Range(-7, rows).ToArray());
    }

    public static ColumnValues Slice(ColumnValues values, int start, int count) => values switch
    {
        ColumnValues<int> v => v.Span.Slice(start, count).ToArray(),
        ColumnValues<long> v => v.Span.Slice(start, count).ToArray(),
        ColumnValues<float> v => v.Span.Slice(start, count).ToArray(),
        ColumnValues<double> v => v.Span.Slice(start, count).ToArray(),
        ColumnValues<bool> v => v.Span.Slice(start, count).ToArray(),
        ColumnValues<string> v => v.Span.Slice(start, count).ToArray(),
        _ => throw new NotSupportedException(),
    };

    // A vocabulary of random size that leans to the special values, walked in runs of random length.
    static T[] Column<T>(Random random, int rows, Func<Random, T> next, params T[] special)
    {
        var vocabulary = new T[1 << random.Next(13)];
        for (var i = 0; i < vocabulary.Length; i++)
            vocabulary[i] = random.Next(3) == 0 ? random.GetItems(special, 1)[0] : next(random);
        var longest = 1 << random.Next(12);
        var column = new T[rows];
        for (var start = 0; start < rows;)
        {
            var end = Math.Min(rows, start + random.Next(1, longest + 1));
            column.AsSpan(start..end).Fill(random.GetItems(vocabulary, 1)[0]);
            start = end;
        }

        return column;
    }
}
