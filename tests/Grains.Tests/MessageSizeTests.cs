using HeadScope.Grains.Contracts;
using HeadScope.Jobs;
using HeadScope.Jobs.Status;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Xunit.Abstractions;

namespace HeadScope.Grains.Tests;

public class MessageSizeTests(ITestOutputHelper output)
{
    /// <summary>
    /// What the messages of a large installation may take: far from the 100 MiB at which connections close, and no burden to any.
    /// </summary>
    const int Most = 64 << 10;

    [Fact]
    public void Messages_LargeJobs_AreSmall()
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();
        var unit = new HeldUnit("000123", int.MaxValue, "some-host-name.some.domain/1234567/15");
        var progress = new JobProgress(1_000_000, 999_999, 4096, int.MaxValue, 123.456);

        Show("lease", new NextReply(unit, progress));
        Show("renewal of 64 units", Enumerable.Repeat(unit, 64).ToArray());
        Show("queue of 1,000 jobs", Enumerable.Range(0, 1000).Select(i => new QueuedJob(i.ToString("x16"), 0, false, null)).ToArray());
        Show("preview of 12 x 12 heads", Preview(12, 12));
        Show("preview of 32 x 40 heads", Preview(32, 40));
        Show("reduction", new ReduceReply(false, new string('x', 1000)));

        void Show<T>(string what, T message)
        {
            var size = serializer.SerializeToArray(message).Length;
            output.WriteLine($"{what}: {size} bytes");
            Assert.InRange(size, 1, Most);
        }
    }

    [Fact]
    public void PreviewReply_ThereAndBack_IsTheSame()
    {
        var preview = new JobPreview(
            7, 0.9, ["a", "b"], "b",
            [new(0, 0, "L0H0", [1, 2]), new(0, 1, "L0H1", [5, float.NaN]), new(1, 0, "L1H0", [-1, 0]), new(1, 1, "L1H1", [0, 0])]);
        var back = PreviewReply.Of(preview, 2).ToPreview();
        Assert.Equal(JobJson.Write(preview), JobJson.Write(back));
    }

    static PreviewReply Preview(int layers, int heads) => new(
        60194, 0.9, heads, [.. Enumerable.Range(0, layers * heads * 4).Select(i => MathF.Sin(i))],
        ["head_dla", "mover_attn", "mover_dla", "dla_ratio"], "mover_dla");
}
