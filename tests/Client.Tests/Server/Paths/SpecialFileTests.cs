using System.Diagnostics;

namespace HeadScope.Client.Tests.Server.Paths;

/// <summary>Files that never end or never answer hold nothing up.</summary>
public sealed class SpecialFileTests(RootedServer server) : IClassFixture<RootedServer>
{
    /// <summary>A server that holds no job ends within seconds.</summary>
    static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    [SkippableTheory]
    [InlineData("tokens.npy")]
    [InlineData("tokens.safetensors")]
    [InlineData("model/config.json")]
    [InlineData("model/model.safetensors")]
    [InlineData("model/tokenizer.json")]
    [InlineData("model/pytorch_model.bin")]
    public async Task Submit_Fifo_IsRefusedAtOnceAndTheServerStopsWhenTold(string place)
    {
        Skip.If(OperatingSystem.IsWindows(), "has no such files");
        using var other = await server.StartAsync(server.Inputs);
        var model = server.NewModel();
        if (place.EndsWith(".bin", StringComparison.Ordinal))
            File.Delete(server.Inside($"{model}/model.safetensors"));
        var name = place.StartsWith("model/", StringComparison.Ordinal) ? place.Replace("model/", $"{model}/", StringComparison.Ordinal) : $"{Guid.NewGuid():N}-{place}";
        RootedServer.Replace(server.Inside(name), RootedServer.MakeFifo);
        for (var submissions = 0; submissions < 3; submissions++) // more than are taken in at a time
            Assert.Contains("regular file", await server.RefusedAsync(new { model, tokens = name.StartsWith(model, StringComparison.Ordinal) ? "inputs.safetensors" : name }, other), StringComparison.Ordinal);
        await server.AcceptedAsync(new { model = "model", tokens = "inputs.safetensors", rows = 2, skip_heads = true }, other);
        Assert.True(await server.IsReadyAsync(other));
        var stopping = Stopwatch.StartNew();
        await other.StopAsync().WaitAsync(StopLimit);
        Assert.True(stopping.Elapsed < StopLimit);
    }

    [SkippableFact]
    public async Task Submit_Socket_IsRefused()
    {
        Skip.If(OperatingSystem.IsWindows(), "has no such files");
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(server.Inside("socket.npy")));
        Assert.Contains("regular file", await server.RefusedAsync(new { model = "model", tokens = "socket.npy" }), StringComparison.Ordinal);
    }
}
