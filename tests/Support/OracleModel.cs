using System.Text.Json;
using HeadScope.Data.Weights;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Reference;
using HeadScope.ModelCore.Model;
using HeadScope.ModelCore.Scoring;
using Xunit.Abstractions;

namespace HeadScope.Tests.Support;

/// <summary>A model of the oracle beside what TransformerLens computes with it.</summary>
public sealed class OracleModel : IDisposable
{
    /// <summary>The contract's tolerances (DESIGN: "1e-4 absolute or 1e-3 relative").</summary>
    public const double Absolute = 1e-4;

    public const double Relative = 1e-3;

    /// <summary>Models whose every token is scored, raw and processed.</summary>
    public static TheoryData<string, string> Scored => new()
    {
        { "neox-tiny", "raw" }, { "neox-tiny", "proc" }, { "gpt2-tiny", "raw" }, { "gpt2-tiny", "proc" }, { "demo", "raw" }, { "demo", "proc" },
        { "neox-sequential", "raw" }, { "neox-sequential", "proc" }, { "llama-tiny", "raw" }, { "llama-tiny", "proc" },
        { "qwen2-tiny", "raw" }, { "qwen2-tiny", "proc" },
        { "mistral-tiny", "raw" }, { "mistral-tiny", "proc" }, { "mistral-tiny/window16", "raw" },
        { "qwen3-tiny", "raw" }, { "qwen3-tiny", "proc" }, { "gemma2-tiny", "raw" }, { "gemma2-tiny", "proc" }, { "gemma3-tiny", "raw" },
        { "gemma3-tiny", "proc" },
        { "olmo2-tiny", "raw" }, { "phi3-tiny", "raw" }, { "phi3-tiny", "proc" }, { "gptj-tiny", "raw" }, { "gptj-tiny", "proc" },
        { "opt-tiny", "raw" }, { "opt-tiny", "proc" },
    };

    /// <summary>Those of them whose activations are known, too.</summary>
    public static TheoryData<string, string> Activations
    {
        get
        {
            var models = new TheoryData<string, string>();
            foreach (var model in Scored.Where(model => (string)model[0] != "demo"))
                models.Add((string)model[0], (string)model[1]);
            return models;
        }
    }

    const string Raw = "expected_raw.safetensors";

    readonly string _folder;
    readonly bool _isProcessed;
    readonly ITestOutputHelper _output;
    readonly TensorFile? _float64;
    readonly Lazy<Dictionary<string, float[]>>? _float64Scores; // null: too long a computation
    readonly JsonElement? _noise;

    /// <param name="backend">What to compute on: what tests compute on that hold for every backend, unless given.</param>
    public OracleModel(string name, string variant, WeightProcessing processing, ITestOutputHelper output, int threads = 2, IBackend? backend = null)
        : this(name, variant, "expected", "noise", processing, output, backend ?? TestDevice.Open(threads))
    {
    }

    /// <param name="file">What the oracle's files of this computation start with.</param>
    /// <param name="noise">What its file of PyTorch's own distances starts with.</param>
    OracleModel(
        string name, string variant, string file, string noise, WeightProcessing processing, ITestOutputHelper output, IBackend backend)
    {
        _output = output;
        Name = $"{name} {variant}";
        (_folder, _isProcessed) = (name, variant == "proc");
        var folder = name == "demo" ? Fixture.PathOf("..", "..", "src", "Client", "Demo") : Fixture.PathOf(name, "model");
        Weights = ModelWeights.Open(folder, processing);
        Backend = backend;
        Model = Transformer.Load(Weights, Backend);
        Expected = Fixture.Tensors(name, variant == "" ? $"{file}.safetensors" : $"{file}_{variant}.safetensors");
        if (File.Exists(Fixture.PathOf(name, "inputs.safetensors")))
            Inputs = Fixture.Tensors(name, "inputs.safetensors");
        if (variant is "raw" or "proc")
        {
            _float64Scores = name == "demo" ? null : new Lazy<Dictionary<string, float[]>>(ScoreInFloat64);
            _float64 = Fixture.Tensors(name, $"{file}_{variant}_f64_summary.safetensors");
            _noise = Fixture.Json(name, $"{noise}_{variant}.json");
        }
    }

    /// <summary>A model beside the oracle's further scores.</summary>
    public static OracleModel OfScores(string name, string variant, ITestOutputHelper output) =>
        new(name, variant, "scores", "noise_scores", Processing(variant), output, TestDevice.Open(2));

    public string Name { get; }

    public ModelWeights Weights { get; }

    public IBackend Backend { get; }

    public Transformer Model { get; }

    public TensorFile Expected { get; }

    public TensorFile? Inputs { get; }

    public static WeightProcessing Processing(string variant) => variant == "proc" ? WeightProcessing.Default : WeightProcessing.None;

    public (int[] Tokens, BatchShape Batch) Sequences(TensorFile file, string name)
    {
        var shape = file.Shape(name);
        return (file.Integers(name), new BatchShape(shape[0], shape[1]));
    }

    public ScoreTable Score()
    {
        var (tokens, batch) = Sequences(Inputs!, "tokens");
        return ScoreArrays.Score(Model, Backend, tokens, batch);
    }

    /// <summary>
    /// Asserts that values meet the oracle's within the contract's tolerances and prints how far they, and PyTorch's float32, are from
    /// float64.
    /// </summary>
    /// <param name="explained">
    /// For quotients, whose extremes magnify rounding without bound: the interval in which each value must lie, given how far the
    /// numbers it is made of are from the oracle's.
    /// </param>
    public void Meets(string name, float[] actual, Func<int, (float Low, float High)>? explained = null)
    {
        if (IsLeftOut(name))
            return;
        var expected = Expected.Floats(name);
        Assert.Equal(expected.Length, actual.Length);
        var truth = _float64?.Has(name) == true ? _float64.Doubles(name)
            : _float64Scores is not null && ScoreArrays.Default.Contains(name)
                ? Array.ConvertAll(_float64Scores.Value[name], score => (double)score)
            : null;
        double? pytorch = _noise?.TryGetProperty(name, out var entry) == true && entry.TryGetProperty("max_abs_diff_f32_f64", out var value)
            ? value.GetDouble()
            : null;
        double worst = 0, worstFromTruth = 0;
        var outside = new List<string>();
        for (var i = 0; i < expected.Length; i++)
        {
            var error = Math.Abs((double)actual[i] - expected[i]);
            if (float.IsNaN(actual[i]) && float.IsNaN(expected[i]) || actual[i] == expected[i])
                error = 0;
            worst = Math.Max(worst, error);
            if (truth is not null && actual[i] != truth[i])
                worstFromTruth = Math.Max(worstFromTruth, Math.Abs(actual[i] - truth[i]));
            var met = error <= Absolute || error <= Relative * Math.Abs(expected[i])
                || (explained?.Invoke(i) is { } interval && actual[i] >= interval.Low && actual[i] <= interval.High);
            if (!met)
                outside.Add($"[{i}] {actual[i]:R}, expected {expected[i]:R}, float64 {truth?[i]:R}");
        }

        string Known(double? distance) => distance is { } known ? $"{known:E2}" : "-";
        _output.WriteLine($"{Name,-26} {name,-44} from oracle {worst:E2}   from float64 " +
            $"{Known(truth is null ? null : worstFromTruth),-9}   PyTorch's own {Known(pytorch)}");
        Assert.True(
            outside.Count == 0,
            $"{Name} {name}: {outside.Count} of {expected.Length} values are outside the tolerance: {string.Join("; ", outside.Take(5))}");
    }

    public void Equals(string name, int[] actual)
    {
        if (IsLeftOut(name))
            return;
        Assert.Equal(Expected.Integers(name), actual);
        _output.WriteLine($"{Name,-26} {name,-44} {actual.Length} integers equal");
    }

    /// <summary>
    /// One model's expected values are complete, and each model's own unprocessed ones. Others may lack what these have, and nothing else:
    /// a name in no file is a mistake.
    /// </summary>
    bool IsLeftOut(string name)
    {
        if (Expected.Has(name) || !(Fixture.Tensors("neox-tiny", Raw).Has(name)
            || (_isProcessed && Fixture.Tensors(_folder, Raw).Has(name))))
            return false;
        _output.WriteLine($"{Name,-26} {name,-44} left out of the oracle");
        return true;
    }

    /// <summary>The scores of every token, by the float64 reference, rounded to float32 at the very end.</summary>
    Dictionary<string, float[]> ScoreInFloat64()
    {
        using var backend = new ReferenceBackend();
        using var model = Transformer.Load(Weights, backend);
        var (tokens, batch) = Sequences(Inputs!, "tokens");
        var scores = ScoreArrays.Score(model, backend, tokens, batch);
        return ScoreArrays.Default.ToDictionary(name => name, scores.Of);
    }

    public void Dispose()
    {
        Model.Dispose();
        Weights.Dispose();
        Backend.Dispose();
    }
}
