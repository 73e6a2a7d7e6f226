using HeadScope.Data.Tokens;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Tests;
using HeadScope.Jobs.Tests.Work;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Scoring;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.ModelCore.Torch.Tests;

public class TorchJobTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(Precision.Float32, null)]
    [InlineData(Precision.Bfloat16, "bfloat16")]
    public async Task Manifest_OfAPrecision_SaysWhichAndWhere(Precision precision, string? inSpec)
    {
        using var fixture = new JobFixture();
        var (folder, manifest) = await fixture.RunAsync(JobFixture.TinyRequest with { Precision = precision });
        Assert.Equal(precision, manifest.Compute.Precision);
        Assert.InRange(
            manifest.Compute.DistanceFromFloat64!.Value, precision == Precision.Bfloat16 ? 1e-3 : 1e-8,
            precision == Precision.Bfloat16 ? 0.4 : 1e-4);
        Assert.Equal([$"torch {TestDevice.Current.Name.Split(':')[0]}"], manifest.Compute.Devices);
        var spec = System.Text.Json.JsonDocument.Parse((await fixture.Jobs.Blobs.TryReadAsync(folder.Spec, default))!).RootElement;
        Assert.Equal(inSpec, spec.TryGetProperty("precision", out var recorded) ? recorded.GetString() : null);
        output.WriteLine($"{precision}: mean loss {manifest.Summary.MeanLoss}");
    }

    [Fact]
    public void Tf32_OnProcessors_IsRefused()
    {
        var fault = Assert.Throws<NotSupportedException>(() => TorchDevice.All()[0].Open(1, Precision.Tf32));
        Assert.Contains("CUDA", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>The device has no room for more than two sequences: the shard is scored all the same, two by two.</summary>
    [Fact]
    public void Score_BatchThatDoesNotFit_IsHalvedUntilItDoes()
    {
        var spec = JobResolver.Resolve(JobFixture.TinyRequest).Spec;
        using var oracle = new OracleModel("neox-tiny", "proc", OracleModel.Processing("proc"), output);
        using var tokens = TokenDataset.Open(spec.Tokens.Location);
        ModelShardScorer? scorer = null;
        using var crowded = new WatchedBackend(oracle.Backend, () =>
        {
            if (scorer!.BatchSize > 2)
                oracle.Backend.Allocate(1 << 20, 1 << 21); // terabytes
        });
        scorer = new ModelShardScorer(new HeadScorer(oracle.Model, crowded, ScoreSelection.Default), crowded, tokens, 16);
        var scores = new ScoreTable(ScoreSelection.Default, oracle.Model.Config.HeadCount, spec.Tokens.Context, 24);
        scorer.Score(new ShardRange(0, 0, 24), scores, _ => { }, default);
        Assert.Equal(2, scorer.BatchSize);
        Assert.Equal(24, scores.Sequences);
    }
}
