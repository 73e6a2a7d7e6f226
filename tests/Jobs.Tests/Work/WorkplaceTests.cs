using System.Collections.Concurrent;
using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;

namespace HeadScope.Jobs.Tests.Work;

/// <summary>Devices that want a thread of their own, and those that cannot do what a job asks.</summary>
public class WorkplaceTests
{
    [Fact]
    public async Task Compute_OnADeviceWithItsOwnThread_StaysOnThatThread()
    {
        using var place = new Workplace(new ThreadedDevice("a"));
        var threads = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => Task.Run(() => place.RunAsync(() => Environment.CurrentManagedThreadId))));
        Assert.Single(threads.Distinct());
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(
            () => place.RunAsync<int>(() => throw new InvalidOperationException("lost")));
        Assert.Equal("lost", fault.Message);
        Assert.Equal(threads[0], await place.RunAsync(() => Environment.CurrentManagedThreadId));
    }

    [Fact]
    public async Task Job_OnTwoSuchDevices_HasTheBytesOfAnyOther()
    {
        var request = JobFixture.TinyRequest with { ShardRows = 2 };
        var expected = await RunAsync(request, new EngineOptions());
        ThreadedDevice[] devices = [new("a"), new("b")];
        var actual = await RunAsync(request, new EngineOptions { Devices = devices, BatchSize = 1 });
        Assert.Equal(expected.Files, actual.Files);
        Assert.All(devices, device => Assert.Single(device.Threads));
    }

    [Fact]
    public async Task Pool_OnSuchADevice_DoesTheJob()
    {
        using var fixture = new JobFixture();
        var (_, folder) = await fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 4 });
        var device = new ThreadedDevice("a");
        using var drain = new CancellationTokenSource();
        var pool = new JobPool(
            fixture.Jobs, new EngineOptions { Devices = [device] }, TimeProvider.System, (_, cause) => Assert.Fail(cause.Message),
            new StoreWork(fixture.Jobs, TimeProvider.System));
        var running = pool.RunAsync(drain.Token, default);
        for (var wait = 0; wait < 600 && await fixture.Jobs.ManifestAsync(folder, default) is null; wait++)
            await Task.Delay(100);
        await drain.CancelAsync();
        await running;
        Assert.NotNull(await fixture.Jobs.ManifestAsync(folder, default));
        Assert.Single(device.Threads);
    }

    [Fact]
    public async Task Job_OfAPrecisionThatNoDeviceHas_IsRefusedAndLeftAlone()
    {
        using var fixture = new JobFixture();
        var (job, folder) = await fixture.SubmitAsync(JobFixture.TinyRequest with { Precision = Precision.Bfloat16 });
        Assert.NotEqual(JobResolver.Resolve(JobFixture.TinyRequest).Spec.Id, job.Spec.Id);
        var engine = new LocalEngine(fixture.Jobs, new EngineOptions { Devices = [ManagedDevice.Instance] }, TimeProvider.System);
        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => engine.RunAsync(folder, new JobFixture.Observer(), default));
        Assert.Contains("bfloat16", fault.Message, StringComparison.Ordinal);

        var told = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var drain = new CancellationTokenSource();
        var running = new JobPool(
            fixture.Jobs, new EngineOptions { Devices = [ManagedDevice.Instance] }, TimeProvider.System,
            (_, cause) => told.TrySetResult(cause), new StoreWork(fixture.Jobs, TimeProvider.System)).RunAsync(drain.Token, default);
        Assert.Contains("bfloat16", (await told.Task.WaitAsync(TimeSpan.FromMinutes(1))).Message, StringComparison.Ordinal);
        await drain.CancelAsync();
        await running;
        Assert.Empty(await fixture.BlobsAsync(folder.Failures)); // others may have the device it needs
        Assert.Null(await fixture.Jobs.Blobs.TryReadAsync(folder.Failed, default));
    }

    [Fact]
    public void Find_NamesThatAreNot_SaysWhatThereIs()
    {
        Assert.Same(ManagedDevice.Instance, Assert.Single(ComputeBackends.Find("managed", null)));
        Assert.Same(ManagedDevice.Instance, Assert.Single(ComputeBackends.Find("managed", "cpu, cpu")));
        Assert.Contains("managed or torch", Fault("cuda", null), StringComparison.Ordinal);
        Assert.Contains("'cuda:3' on this machine; it has cpu", Fault("managed", "cpu,cuda:3..5"), StringComparison.Ordinal);
        Assert.Contains("'cuda:5..3'", Fault("managed", "cuda:5..3"), StringComparison.Ordinal);

        static string Fault(string backend, string? devices) =>
            Assert.Throws<InvalidJobException>(() => ComputeBackends.Find(backend, devices)).Message;
    }

    static async Task<Manifest> RunAsync(JobRequest request, EngineOptions options)
    {
        using var fixture = new JobFixture();
        return (await fixture.RunAsync(request, options)).Manifest;
    }

    /// <summary>The managed backend, on one thread, which it remembers.</summary>
    sealed class ThreadedDevice(string name) : IComputeDevice
    {
        readonly ConcurrentDictionary<int, bool> _threads = new();

        public ICollection<int> Threads => _threads.Keys;

        public string Backend => "managed";

        public string Name => name;

        public bool HasOwnThread => true;

        public DeviceMemory Memory => ManagedDevice.Instance.Memory;

        public bool Supports(Precision precision) => precision == Precision.Float32;

        public IBackend Open(int threads, Precision precision) =>
            new WatchedBackend(new ManagedBackend(threads), () => _threads[Environment.CurrentManagedThreadId] = true);
    }
}
