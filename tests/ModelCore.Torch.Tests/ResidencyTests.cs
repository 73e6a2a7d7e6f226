using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Tests;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;
using HeadScope.Tests.Support;
using Tensor = TorchSharp.torch.Tensor;

namespace HeadScope.ModelCore.Torch.Tests;

/// <summary>Several jobs' models on one device. Tensors are counted of the whole process, so nothing runs beside.</summary>
[Collection(nameof(AloneInTheProcess))]
public class ResidencyTests
{
    static readonly EngineOptions Options = new() { Devices = [TestDevice.Current], ResidentModels = 1 };

    [Fact]
    public async Task Acquire_MoreModelsThanStay_LetsGoOfTheOneUsedLeastRecently()
    {
        using var fixture = new JobFixture();
        await using var neox = await OpenAsync(fixture, JobFixture.Request("neox-tiny"));
        await using var coarse = await OpenAsync(fixture, JobFixture.Request("neox-tiny") with { Precision = Precision.Bfloat16 });
        await using var llama = await OpenAsync(fixture, JobFixture.Request("llama-tiny"));
        using var place = new Workplace(TestDevice.Current);
        var before = Tensor.TotalCount;
        using (var models = new ResidentModels(most: 2, threads: 1))
        {
            var first = Use(models, neox, place, out var neoxTensors);
            Use(models, coarse, place, out var coarseTensors);
            Assert.Same(first, Use(models, neox, place, out var again));
            Assert.Equal(0, again);
            using (models.Acquire(llama, place)) // two are there, and the second was used least recently
                Assert.True(Tensor.TotalCount > before + neoxTensors, "the third is not there");
            Assert.Same(first, Use(models, neox, place, out again));
            Assert.Equal(0, again);

            // It is loaded again, and another goes: what stays is as much as before.
            Use(models, coarse, place, out _);
            Assert.Equal(before + neoxTensors + coarseTensors, Tensor.TotalCount);
        }

        Assert.Equal(before, Tensor.TotalCount);
    }

    /// <summary>The device has room for one model, though two may stay: the idle one makes room for the other.</summary>
    [Fact]
    public async Task Acquire_NoRoomBesideAnIdleModel_LetsGoOfIt()
    {
        using var fixture = new JobFixture();
        await using var neox = await OpenAsync(fixture, JobFixture.Request("neox-tiny"));
        await using var coarse = await OpenAsync(fixture, JobFixture.Request("neox-tiny") with { Precision = Precision.Bfloat16 });
        var most = long.MaxValue;
        using var place = new Workplace(
            new CrowdedDevice(() => Tensor.TotalCount > most ? throw new OutOfMemoryException("The device is full.") : true));
        var before = Tensor.TotalCount;
        using var models = new ResidentModels(most: 2, threads: 1);
        var first = Use(models, neox, place, out var tensors);
        most = before + tensors + 2; // and what a load holds on the way
        Use(models, coarse, place, out _);
        Assert.Equal(before + tensors, Tensor.TotalCount);
        using (models.Acquire(coarse, place))
            Assert.Throws<OutOfMemoryException>(() => models.Acquire(neox, place)); // the other is in use
        Assert.NotSame(first, Use(models, neox, place, out _));
    }

    [Fact]
    public async Task Pool_TwoModelsRoomForOne_DoesBothJobsAndLeavesNothing()
    {
        using var fixture = new JobFixture();
        var before = Tensor.TotalCount;
        var folders = new List<Jobs.JobFolder>();
        foreach (var model in new[] { "neox-tiny", "llama-tiny" })
            folders.Add((await fixture.SubmitAsync(JobFixture.Request(model) with { ShardRows = 2 })).Folder);
        using var drain = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var running = new JobPool(
            fixture.Jobs, Options, TimeProvider.System, (_, cause) => Assert.Fail(cause.Message),
            new StoreWork(fixture.Jobs, TimeProvider.System)).RunAsync(drain.Token, default);
        foreach (var folder in folders)
        {
            while (await fixture.Jobs.ManifestAsync(folder, drain.Token) is null)
                await Task.Delay(50, drain.Token);
        }

        await drain.CancelAsync();
        await running;
        Assert.Equal(before, Tensor.TotalCount);
    }

    /// <summary>What is computed on here, with something asked before each operation.</summary>
    sealed class CrowdedDevice(Func<bool> ask) : IComputeDevice
    {
        public string Backend => TestDevice.Current.Backend;

        public string Name => TestDevice.Current.Name;

        public bool HasOwnThread => true;

        public DeviceMemory Memory => TestDevice.Current.Memory;

        public bool Supports(Precision precision) => TestDevice.Current.Supports(precision);

        public IBackend Open(int threads, Precision precision) =>
            new Jobs.Tests.Work.WatchedBackend(TestDevice.Current.Open(threads, precision), () => ask());
    }

    static async Task<JobSession> OpenAsync(JobFixture fixture, JobRequest request) => await JobSession.OpenAsync(
        fixture.Jobs, (await fixture.SubmitAsync(request)).Folder, Options, new JobFixture.Observer(), TimeProvider.System, default);

    static Model.Transformer Use(ResidentModels models, JobSession session, Workplace place, out long tensors)
    {
        var before = Tensor.TotalCount;
        using var use = models.Acquire(session, place);
        tensors = Tensor.TotalCount - before;
        return use.Model;
    }
}
