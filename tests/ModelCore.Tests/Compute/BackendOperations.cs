using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Reference;
using HeadScope.ModelCore.Scoring.Scores;
using HeadScope.ModelCore.Scoring.Sources;

namespace HeadScope.ModelCore.Tests.Compute;

/// <summary>Each operation of a backend beside the same in float64.</summary>
internal sealed class BackendOperations(params Func<IBackend>[] backends)
{
    /// <summary>Products of shapes around the tiles, straight and transposed, and columns of a matrix.</summary>
    public void Multiply()
    {
        foreach (var (rows, inputs, outputs) in new[] { (1, 1, 1), (5, 3, 17), (12, 32, 32), (13, 600, 33), (170, 64, 100), (337, 513, 47), (3, 1030, 65) })
        {
            AssertNear(2e-6 * Math.Sqrt(inputs), backend =>
            {
                using var x = backend.Upload(Random(rows * inputs, 1), rows, inputs);
                using var straight = backend.Load(Random(inputs * outputs, 2), inputs, outputs, Random(outputs, 3));
                using var transposed = backend.Load(Random(inputs * outputs, 2), inputs, outputs, transposed: true);
                return [Values(backend, backend.Multiply(x, straight)), Values(backend, backend.Multiply(x, transposed)), Values(
                    backend, backend.GatherOutputs(straight, [outputs - 1, -1, 0]))];
            });
        }
    }

    /// <summary>Activations, gates, norms and sums of any width.</summary>
    public void Elementwise()
    {
        foreach (var columns in new[] { 1, 15, 16, 33, 100 })
        {
            AssertNear(4e-6, backend =>
            {
                List<float[]> results = [];
                using var other = backend.Upload(Random(7 * columns, 9), 7, columns);
                foreach (var activation in Enum.GetValues<Activation>())
                {
                    Tensor x = backend.Upload(Random(7 * columns, 4, 6), 7, columns), gate = backend.Upload(
                        Random(7 * columns, 4, 6), 7, columns);
                    backend.Activate(x, activation);
                    backend.ActivateGate(gate, activation, other);
                    results.Add(Values(backend, x));
                    results.Add(Values(backend, gate));
                }

                foreach (var cap in new[] { 0.5f, 30 })
                {
                    var x = backend.Upload(Random(7 * columns, 4, 6), 7, columns);
                    backend.SoftCap(x, cap);
                    results.Add(Values(backend, x));
                }

                foreach (var kind in Enum.GetValues<NormKind>())
                {
                    // Three runs of columns in the middle of a tensor, with parameters for one and for all.
                    using var wide = backend.Upload(Random(7 * 5 * columns, 5), 7, 5 * columns);
                    using var runs = wide.SliceColumns(columns, 3 * columns);
                    foreach (var features in new[] { columns, 3 * columns })
                    {
                        using var norm = new Norm(kind, 1e-5f, backend.Upload(
                            Random(features, 6), 1, features), backend.Upload(Random(features, 7), 1, features));
                        backend.NormalizeRuns(runs, columns, norm);
                    }

                    backend.NormalizeRuns(runs, 3 * columns, new Norm(kind, 1e-5f, null, null));
                    results.Add(Values(backend, backend.Clone(wide)));
                }

                foreach (var kind in Enum.GetValues<NormKind>())
                {
                    using var x = backend.Upload(Random(7 * columns, 5), 7, columns);
                    var norm = new Norm(
                        kind, 1e-5f, backend.Upload(Random(columns, 6), 1, columns), backend.Upload(Random(columns, 7), 1, columns));
                    var (normalized, scale) = backend.Normalize(x, norm);
                    results.Add(Values(backend, normalized));
                    results.Add(Values(backend, scale));
                }

                var sum = backend.Upload(Random(7 * columns, 8), 7, columns);
                backend.Add(sum, other);
                results.Add(Values(backend, sum));
                return results;
            });
        }
    }

    /// <summary>Pairs of features, apart and adjacent, of heads of odd sizes in the middle of a tensor.</summary>
    public void Rotate()
    {
        foreach (var (size, dimensions) in new[] { (2, 2), (6, 4), (16, 16), (40, 36), (80, 64) })
        {
            var batch = new BatchShape(2, 19);
            AssertNear(1e-6, backend =>
            {
                List<float[]> results = [];
                foreach (var adjacentPairs in new[] { false, true })
                {
                    using var wide = backend.Upload(Random(batch.Positions * 4 * size, size), batch.Positions, 4 * size);
                    using var heads = wide.SliceColumns(size, 2 * size);
                    backend.Rotate(heads, size, batch, new Rotary(dimensions, 10000, batch.Context, adjacentPairs: adjacentPairs));
                    results.Add(Values(backend, backend.Clone(wide)));
                }

                return results;
            });
        }
    }

    /// <summary>Those that backends have a way of their own for, and one that they have not.</summary>
    static readonly IPatternFunction[] PatternFunctions =
    [
        new Entropy(), new Distance(), new MaxAttention(), new MaxAttentionNoFirst(), new SumOfSquares(),
    ];

    sealed class SumOfSquares : IPatternFunction
    {
        public T Of<T>(ReadOnlySpan<T> pattern, int position)
            where T : System.Numerics.IFloatingPointIeee754<T>
        {
            var sum = T.CreateChecked(position);
            foreach (var value in pattern)
                sum += value * value;
            return sum;
        }
    }

    /// <summary>Attention of every kind, with its hooks and scores.</summary>
    public void Attend()
    {
        foreach (var (context, heads, keyValueHeads, size, causal, window, cap) in new (int, int, int, int, bool, int?, float?)[]
        {
            (1, 1, 1, 4, true, null, null), (7, 2, 2, 5, true, null, null), (33, 2, 2, 16, true, null, null), (50, 4, 2, 24, true, null, null), (41, 2, 1, 32, true, 9, null),
            (70, 2, 2, 16, false, null, null), (35, 2, 2, 8, true, 1, null), (45, 6, 1, 6, true, 100, null), (40, 4, 2, 6, false, 5, null),
            (560, 1, 1, 4, true, 20, null),
            (560, 1, 1, 4, true, 520, null), (50, 4, 2, 24, true, null, 3), (41, 2, 1, 32, true, 9, 0.5f), (70, 2, 2, 16, false, null, 50),
            (560, 1, 1, 4, true, 20, 2),
        })
        {
            var batch = new BatchShape(2, context);
            var random = new Random(context);
            var tokens = Enumerable.Range(0, batch.Positions).Select(_ => random.Next(context < 100 ? 5 : 500)).ToArray();
            AssertNear(3e-6, backend => Attend(backend, patterns: false));

            // The rounding of the products reaches the pattern, and the entropy multiplies it by log p.
            AssertNear(2e-5, backend => Attend(backend, patterns: true));

            IReadOnlyList<float[]> Attend(IBackend backend, bool patterns)
            {
                using var q = backend.Upload(Random(batch.Positions * heads * size, 1, 2), batch.Positions, heads * size);
                using var k = backend.Upload(Random(batch.Positions * keyValueHeads * size, 2, 2), batch.Positions, keyValueHeads * size);
                using var v = backend.Upload(Random(batch.Positions * keyValueHeads * size, 3), batch.Positions, keyValueHeads * size);
                using var w = backend.Upload(Random(batch.Positions * heads * size, 4), batch.Positions, heads * size);
                Tensor Output() => backend.Allocate(heads, batch.Positions);
                var scoring = new HeadScoring
                {
                    TargetDirections = w,
                    Contribution = Output(),
                    Sources =
                    [
                        new SourceScoring(MoverSources.Instance.ListsOf(tokens, batch), Output(), Output()),
                        new SourceScoring(new PreviousSources().ListsOf(tokens, batch), Output(), null),
                        new SourceScoring(new FirstSources().ListsOf(tokens, batch), null, Output()),
                    ],
                    Patterns = [.. PatternFunctions.Select(function => new PatternScoring(function, Output()))],
                };
                var hooks = new AttentionHooks
                {
                    Scoring = scoring,
                    Pattern = backend.Allocate(batch.Positions * heads, context),
                    Scores = backend.Allocate(batch.Positions * heads, context),
                };
                var z = backend.Attend(
                    new AttentionInputs(q, k, v, batch, new HeadShape(heads, keyValueHeads, size), 0.37f, causal, window, cap), hooks);
                var ofPatterns = scoring.Patterns.Select(asked => Values(backend, asked.Values)).ToList();
                var ofSources = scoring.Sources.SelectMany(asked => new[] { asked.Attention, asked.Contribution }).OfType<Tensor>();
                var others = ofSources.Concat([z, hooks.Pattern, hooks.Scores, scoring.Contribution])
                    .Select(tensor => Values(backend, tensor)).ToList();
                return patterns ? ofPatterns : others;
            }
        }
    }

    /// <summary>The loss of vocabularies around a tile.</summary>
    public void TokenLoss()
    {
        foreach (var (rows, model, vocabulary) in new[] { (1, 4, 2), (170, 16, 255), (20, 16, 256), (20, 40, 257), (9, 530, 700) })
        {
            var random = new Random(vocabulary);
            var targets = Enumerable.Range(0, rows).Select(row => row == 3 ? -1 : random.Next(vocabulary)).ToArray();
            AssertNear(4e-6, backend =>
            {
                using var x = backend.Upload(Random(rows * model, 1), rows, model);
                using var unembed = backend.Load(Random(model * vocabulary, 2, 3), model, vocabulary, Random(vocabulary, 3));
                return [Values(backend, backend.TokenLoss(x, unembed, targets)), Values(
                    backend, backend.TokenLoss(x, unembed, targets, 3))];
            });
        }
    }

    /// <summary>A download shows each row of a tensor, or of a part of one, in order.</summary>
    public void Download() => AssertNear(0, backend =>
    {
        using var whole = backend.Upload(Random(5 * 7, 1), 5, 7);
        Tensor[] parts = [whole, whole.SliceRows(1, 3), whole.SliceColumns(2, 4), whole.SliceColumns(6, 1)];
        return [.. parts.Select(Shown)];

        float[] Shown(Tensor part)
        {
            var values = new List<float>();
            using var download = backend.StartDownload(part);
            download.Finish((row, shown) =>
            {
                Assert.Equal(row * part.Columns, values.Count);
                values.AddRange(shown);
            });
            return [.. values];
        }
    });

    public static float[] Values(IBackend backend, Tensor tensor)
    {
        using (tensor)
        {
            var values = new float[tensor.Rows * tensor.Columns];
            backend.Download(tensor, values);
            return values;
        }
    }

    public static float[] Random(int count, int seed, float range = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2 - 1) * range)];
    }

    void AssertNear(double tolerance, Func<IBackend, IReadOnlyList<float[]>> compute)
    {
        using var reference = new ReferenceBackend();
        var expected = compute(reference);
        foreach (var create in backends)
        {
            using var backend = create();
            foreach (var (index, (want, have)) in expected.Zip(compute(backend)).Index())
            {
                Assert.Equal(want.Length, have.Length);
                for (var i = 0; i < want.Length; i++)
                    Assert.True(
                        want[i] == have[i] || Math.Abs(want[i] - have[i]) <= tolerance * Math.Max(1, Math.Abs(want[i])),
                        $"result {index}, element {i}: {have[i]} where {want[i]} is right ({backend.Description})");
            }
        }
    }
}
