using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;
using HeadScope.Silo.Commands;
using HeadScope.Silo.Hosting;
using HeadScope.Tests.Support;

namespace HeadScope.Silo.Tests;

/// <summary>A server that has to end because of a fault says so to whoever started it.</summary>
public sealed class EngineFaultTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Serve_EngineFails_EndsWithACodeThatSaysSo()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        Assert.Equal(1, await SiloCommandLine.ServeAsync(Options(new LostDevice()), limit.Token));
        Assert.False(limit.IsCancellationRequested);
    }

    [Fact]
    public async Task Serve_ToldToStop_EndsWith0()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        Assert.Equal(0, await SiloCommandLine.ServeAsync(Options(ManagedDevice.Instance), stop.Token));
    }

    SiloOptions Options(IComputeDevice device) => new()
    {
        Listen = "http://127.0.0.1:0",
        Store = _folder.File("store"),
        Engine = new EngineOptions { Devices = [device], Workers = 1, Threads = 1 },
    };

    /// <summary>A device that was there when the server was started, and is no more.</summary>
    sealed class LostDevice : IComputeDevice
    {
        public string Backend => "managed";

        public string Name => "lost";

        public bool HasOwnThread => false;

        public DeviceMemory Memory => default;

        public bool Supports(Precision precision) => true;

        public IBackend Open(int threads, Precision precision) => throw new InvalidOperationException("the device was lost");
    }
}
