using System.Globalization;
using HeadScope.ModelCore.Scoring;
using HeadScope.Tests.Support;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace HeadScope.ModelCore.Torch.Tests;

/// <summary>
/// No tensor outlives its batch, and memory stays flat. HEADSCOPE_LEAK_BATCHES sets how many batches are scored; counts are of the whole
/// process, so nothing runs beside.
/// </summary>
[Collection(nameof(AloneInTheProcess))]
public class LeakTests(ITestOutputHelper output)
{
    [Fact]
    public void Score_ManyBatches_LeavesTensorsAndMemoryAsTheyWere()
    {
        var batches = int.TryParse(
            Environment.GetEnvironmentVariable("HEADSCOPE_LEAK_BATCHES"), CultureInfo.InvariantCulture, out var asked) ? asked : 500;
        using var oracle = new OracleModel("llama-tiny", "proc", OracleModel.Processing("proc"), output);
        var (tokens, all) = oracle.Sequences(oracle.Inputs!, "tokens");
        var scorer = new HeadScorer(oracle.Model, oracle.Backend, ScoreSelection.Default);
        ScoreBatches(50); // what is made once is there, and the allocator has its pages
        var (count, memory) = (Tensor.TotalCount, Environment.WorkingSet);
        ScoreBatches(batches);
        var growth = Environment.WorkingSet - memory;
        output.WriteLine(
            $"{batches} batches: {Tensor.TotalCount - count} more tensors (peak {Tensor.PeakCount}), {growth / 1024.0:F0} KiB more memory");
        Assert.Equal(count, Tensor.TotalCount);

        // A leak of one tensor a batch would be a megabyte or more; garbage that waits to be collected is some.
        Assert.InRange(growth, long.MinValue, 64L << 20);

        void ScoreBatches(int number)
        {
            for (var i = 0; i < number; i++)
            {
                // The shape of batches changes, as at the end of a shard.
                var batch = all with { Sequences = 1 + (i % 2) };
                scorer.Score(tokens.AsSpan(i % all.Sequences / 2 * all.Context, batch.Positions), batch);
            }
        }
    }
}

[CollectionDefinition(nameof(AloneInTheProcess), DisableParallelization = true)]
public sealed class AloneInTheProcess;
