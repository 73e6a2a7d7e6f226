using HeadScope.Data.Weights;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;
using HeadScope.ModelCore.Compute.Reference;
using HeadScope.ModelCore.Model;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.ModelCore.Tests.Model;

/// <summary>Random models of the Llama family, of odd shapes: the managed backend beside float64, and beside itself.</summary>
public sealed class LlamaFamilyTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>
    /// Values of up to about 10 through a few layers: some hundred roundings of 1e-7 each, which add up as a random walk.
    /// </summary>
    const double Tolerance = 3e-5;

    readonly TemporaryFolder _folder = new();

    static readonly Dictionary<string, RandomLlama> Models = new()
    {
        ["odd sizes"] = new(),
        ["one key-value head"] = new() { Heads = 6, KeyValueHeads = 1 },
        ["no groups, wide heads"] = new() { Heads = 2, KeyValueHeads = 2, HeadSize = 36 },
        ["biases, tied"] = new() { QueryKeyValueBias = true, OutputBias = true, Tied = true, Fields = { ["attention_bias"] = true } },
        ["slowed rotation"] = new() { Fields = { ["rope_scaling"] = new { rope_type = "llama3", factor = 8.0, low_freq_factor = 1.0, high_freq_factor = 4.0, original_max_position_embeddings = 256 } } },
        ["window 1"] = Windowed(1),
        ["window 7"] = Windowed(7),
        ["window 33"] = Windowed(33),
        ["window beyond the context"] = Windowed(1000),
        ["window on one layer"] = new()
        {
            Architecture = "Qwen2ForCausalLM",
            Layers = 3,
            QueryKeyValueBias = true,
            Fields = { ["use_sliding_window"] = true, ["sliding_window"] = 5, ["layer_types"] = new[] { "full_attention", "sliding_attention", "full_attention" } },
        },
        ["a norm of each head's queries and keys"] = new() { Architecture = "Qwen3ForCausalLM", QueryKeyNorm = (6, 6) },
        ["norms on both sides, caps"] = Gemma("Gemma2ForCausalLM") with
        {
            Fields = new()
            {
                ["query_pre_attn_scalar"] = 5,
                ["sliding_window"] = 7,
                ["attn_logit_softcapping"] = 2.0,
                ["final_logit_softcapping"] = 3.0,
            },
        },
        ["two rotations"] = Gemma("Gemma3ForCausalLM") with
        {
            QueryKeyNorm = (6, 6),
            Layers = 3,
            Fields = new()
            {
                ["query_pre_attn_scalar"] = 5,
                ["sliding_window"] = 7,
                ["sliding_window_pattern"] = 2,
                ["rope_scaling"] = new { rope_type = "linear", factor = 8.0 },
            },
        },
        ["norms after the sublayers"] = new() { Architecture = "Olmo2ForCausalLM", Norms = (false, true), QueryKeyNorm = (24, 12) },
        ["norms after the sublayers, YaRN"] = new()
        {
            Architecture = "Olmo3ForCausalLM",
            Norms = (false, true),
            QueryKeyNorm = (24, 12),
            Layers = 4,
            Fields =
            {
                ["sliding_window"] = 9,
                ["rope_scaling"] = new { rope_type = "yarn", factor = 4.0, original_max_position_embeddings = 20, beta_fast = 2.0, beta_slow = 1.0 },
            },
        },
        ["fused projections, part of a head turning by the length of the sequence"] = new()
        {
            Architecture = "Phi3ForCausalLM",
            Fused = true,
            Fields =
            {
                ["partial_rotary_factor"] = 0.7,
                ["sliding_window"] = null,
                ["original_max_position_embeddings"] = 40,
                ["rope_scaling"] = new { type = "longrope", short_factor = new[] { 1.0, 1.5 }, long_factor = new[] { 2.0, 20.0 } },
            },
        },
    };

    public static TheoryData<string> Names => [.. Models.Keys];

    static RandomLlama Gemma(string architecture) => new() { Architecture = architecture, Norms = (true, true), NormMean = 0, Tied = true };

    static RandomLlama Windowed(int window) =>
        new() { Architecture = "MistralForCausalLM", Heads = 3, KeyValueHeads = 1, Fields = { ["sliding_window"] = window } };

    [Theory]
    [MemberData(nameof(Names))]
    public void Scores_AnyContext_AreThoseOfFloat64(string name)
    {
        Models[name].Write(_folder.File("model"), 1);
        foreach (var processing in new[] { WeightProcessing.None, WeightProcessing.Default })
        {
            var worst = new[] { 1, 2, 17, 65 }.Max(context => DistanceFromFloat64(processing, new BatchShape(2, context), context));
            output.WriteLine($"{Models[name]}, {(processing == WeightProcessing.None ? "raw" : "processed")}: {worst:E2} from float64");
            Assert.True(worst < Tolerance, $"{name}: {worst:E2} from float64");
        }
    }

    [Fact]
    public void Load_ContextOfSixteenMillion_TakesMemoryForTheRowsOnly()
    {
        new RandomLlama { Context = 1 << 24, HeadSize = 64 }.Write(_folder.File("model"), 1);
        using var weights = ModelWeights.Open(_folder.File("model"), WeightProcessing.Default);
        using var backend = new ManagedBackend(1);
        var before = GC.GetTotalAllocatedBytes();
        using var model = Transformer.Load(weights, backend);
        model.Logits(backend, new int[100], new BatchShape(1, 100));
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64 << 20); // tables of the whole context would have 4 GiB
    }

    /// <summary>One case for every 500 of HEADSCOPE_FUZZ_ITERATIONS: a model costs as much as many damaged files.</summary>
    [Fact]
    public void Scores_RandomShapes_AreThoseOfFloat64()
    {
        var cases = Setting("HEADSCOPE_FUZZ_ITERATIONS", 10_000) / 500;
        var first = Setting("HEADSCOPE_FUZZ_SEED", 1) * 1_000_003;
        var furthest = 0.0;
        for (var seed = first; seed < first + cases; seed++)
        {
            var random = new Random(seed);

            // A residual stream of one or two features comes near zero now and then, where the norm magnifies roundings without bound.
            var (model, keyValueHeads, window) = (random.Next(8, 40), random.Next(1, 4), random.Next(1, 60));
            var shape = new RandomLlama
            {
                Architecture = random.Next(2) == 0 ? "MistralForCausalLM" : "LlamaForCausalLM",
                Layers = random.Next(1, 4),
                Model = model,
                Heads = keyValueHeads * random.Next(1, 5),
                KeyValueHeads = keyValueHeads,
                HeadSize = 2 * random.Next(1, 20),
                Mlp = random.Next(1, 50),
                Vocabulary = random.Next(12, 300),
                Context = random.Next(1, 60),
                Tied = random.Next(2) == 0,
                Fields = { ["sliding_window"] = random.Next(3) == 0 ? null : window },
            };
            shape.Write(_folder.File("model"), seed);
            var distance = DistanceFromFloat64(
                new WeightProcessing(random.Next(2) == 0, random.Next(2) == 0, random.Next(2) == 0, random.Next(2) == 0),
                new BatchShape(random.Next(1, 4), shape.Context), seed);
            Assert.True(distance < Tolerance, $"seed {seed}: {shape} is {distance:E2} from float64");
            furthest = Math.Max(furthest, distance);
        }

        output.WriteLine($"{cases} models, seeds from {first}: {furthest:E2} from float64 at most");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Scores_AnyKernelThreadsAndBatch_AreTheSameBits(string name)
    {
        Models[name].Write(_folder.File("model"), 1);
        using var weights = ModelWeights.Open(_folder.File("model"), WeightProcessing.Default);
        var batch = new BatchShape(6, 40);
        var tokens = Tokens(batch, 2);
        var expected = Bits(MicroKernel.Portable, 1, 6);
        foreach (var kernel in new[] { MicroKernel.Portable, MicroKernel.Best, MicroKernel.Avx2 }.Where(IsSupported).Distinct())
        {
            foreach (var (threads, rows) in new[] { (1, 1), (2, 6), (3, 2) })
                Assert.Equal(expected, Bits(kernel, threads, rows));
        }

        // Sequence by sequence, whatever batches they were scored in.
        uint[][] Bits(MicroKernel kernel, int threads, int rows)
        {
            using var backend = new ManagedBackend(threads, kernel);
            using var model = Transformer.Load(weights, backend);
            var part = new BatchShape(rows, batch.Context);
            return
            [
                .. tokens.Chunk(part.Positions).SelectMany(chunk =>
                {
                    var scores = ScoreArrays.Score(model, backend, chunk, part);
                    var arrays = ScoreArrays.Default.Select(scores.Of);
                    return Enumerable.Range(0, rows).Select(row => (uint[])
                    [
                        .. from array in arrays
                           from series in array.Chunk(scores.Positions)
                           from value in series.AsEnumerable().Skip(row * scores.PositionsPerSequence).Take(scores.PositionsPerSequence)
                           select BitConverter.SingleToUInt32Bits(value),
                    ]);
                }),
            ];
        }
    }

    [Fact]
    public void Window_OfTheContextAndBeyond_ChangesNoBit()
    {
        new RandomLlama().Write(_folder.File("plain"), 3);
        (new RandomLlama() with { Architecture = "MistralForCausalLM", Fields = new() { ["sliding_window"] = 50 } })
            .Write(_folder.File("windowed"), 3);
        float[] Logits(string folder, int context)
        {
            using var weights = ModelWeights.Open(_folder.File(folder), WeightProcessing.Default);
            using var backend = new ManagedBackend();
            using var model = Transformer.Load(weights, backend);
            var batch = new BatchShape(1, context);
            return model.Logits(backend, Tokens(batch, 4), batch);
        }

        Assert.Equal(Logits("plain", 50), Logits("windowed", 50));
        Assert.NotEqual(Logits("plain", 51), Logits("windowed", 51));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// How far the logits and scores of the model in the folder are from those of the reference, relative where they are above 1.
    /// </summary>
    double DistanceFromFloat64(WeightProcessing processing, BatchShape batch, int seed)
    {
        using var weights = ModelWeights.Open(_folder.File("model"), processing);
        using var reference = new ReferenceBackend();
        using var truth = Transformer.Load(weights, reference);
        using var backend = new ManagedBackend(2);
        using var model = Transformer.Load(weights, backend);
        var tokens = Tokens(batch, seed);
        var worst = Furthest(truth.Logits(reference, tokens, batch), model.Logits(backend, tokens, batch));
        if (batch.Context == 1)
            return worst;
        var (expected, actual) = (ScoreArrays.Score(truth, reference, tokens, batch), ScoreArrays.Score(model, backend, tokens, batch));
        return ScoreArrays.Default.Select(name => Furthest(expected.Of(name), actual.Of(name))).Append(worst).Max();
    }

    static int Setting(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out var value) ? value : otherwise;

    static bool IsSupported(MicroKernel kernel) => kernel != MicroKernel.Avx2 || System.Runtime.Intrinsics.X86.Fma.IsSupported;

    /// <summary>Of few kinds, so that there are copies.</summary>
    static int[] Tokens(BatchShape batch, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, batch.Positions).Select(_ => random.Next(12))];
    }

    static double Furthest(float[] expected, float[] actual) =>
        expected.Zip(actual, (a, b) => Math.Abs((double)a - b) / Math.Max(1, Math.Abs(a))).Max();
}
