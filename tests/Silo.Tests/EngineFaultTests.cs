using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;
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
        var code = await SiloCommandLine.ServeAsync(new SiloOptions
        {
            Listen = "http://127.0.0.1:0",
            Store = _folder.File("store"),
            Engine = new EngineOptions { Devices = [new LostDevice()], Workers = 1, Threads = 1 },
        }, limit.Token);
        Assert.Equal(1, code);
        Assert.False(limit.IsCancellationRequested);
    }

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
