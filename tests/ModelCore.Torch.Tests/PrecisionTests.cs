using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;
using HeadScope.ModelCore.Compute.Reference;
using HeadScope.ModelCore.Model;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.ModelCore.Torch.Tests;

/// <summary>How far each backend and precision is from float64, side by side.</summary>
public class PrecisionTests(ITestOutputHelper output)
{
    public static TheoryData<string, string> Models
    {
        get
        {
            var models = new TheoryData<string, string>();
            foreach (var model in OracleModel.Scored.Where(model => (string)model[0] != "demo"))
                models.Add((string)model[0], (string)model[1]);
            return models;
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Scores_OfEachPrecision_AreAsNearToFloat64AsTheirProducts(string name, string variant)
    {
        using var oracle = new OracleModel(name, variant, OracleModel.Processing(variant), output);
        var (tokens, batch) = oracle.Sequences(oracle.Inputs!, "tokens");
        using var reference = new ReferenceBackend();
        var truth = Scores(reference);
        var devices = new List<(IComputeDevice Device, Precision Precision)> { (ManagedDevice.Instance, Precision.Float32) };
        devices.AddRange(
            from device in TorchDevice.All()
            from precision in Enum.GetValues<Precision>()
            where device.Supports(precision)
            select (device, precision));
        foreach (var (device, precision) in devices)
        {
            using var backend = device.Open(2, precision);
            var distances = Scores(backend).Zip(truth, (score, right) => score.Zip(right, (a, b) => (double)Math.Abs(a - b)).Max())
                .ToArray();
            output.WriteLine(
                $"{oracle.Name,-28} {device.Backend,-8}{device.Name,-7}{precision.Name(),-9} furthest from float64: head_dla " +
                $"{distances[0]:E1}  mover_attn {distances[1]:E1}  mover_dla {distances[2]:E1}  loss {distances[3]:E1}");
            foreach (var (distance, right) in distances.Zip(truth))
            {
                // The contract's tolerance for float32. Operands of 8 or 11 bits are off by 2^-9 or 2^-12 each, which adds up over the
                // layers, and the furthest of thousands of scores is some sixty times as far: on these models 0.12 for bfloat16.
                var largest = Math.Max(1, right.Max(Math.Abs));
                Assert.InRange(
                    distance / largest, 0,
                    precision switch { Precision.Bfloat16 => 0.2, Precision.Tf32 => 0.025, _ => OracleModel.Absolute });
                Assert.True(precision != Precision.Bfloat16 || distance > 0, "float32 was computed in place of bfloat16");
            }
        }

        float[][] Scores(IBackend backend)
        {
            using var model = Transformer.Load(oracle.Weights, backend);
            var scores = ScoreArrays.Score(model, backend, tokens, batch);
            return [.. ScoreArrays.Default.Select(scores.Of)];
        }
    }
}
