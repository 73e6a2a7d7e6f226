using System.Net.Sockets;

namespace HeadScope.Client.Tests.Server.Paths;

/// <summary>Files that never end or never answer hold nothing up.</summary>
public sealed class SpecialFileTests(RootedServer server) : IClassFixture<RootedServer>
{
    /// <summary>A server that holds no job ends within seconds.</summary>
    static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    [SkippableFact]
    public async Task Submit_Fifos_AreRefusedAtOnceAndTheServerStopsWhenTold()
    {
        Skip.If(OperatingSystem.IsWindows(), "has no such files");
        using var other = await server.StartAsync(server.Inputs);
        foreach (var file in new[] { "config.json", "model.safetensors", "tokenizer.json", "pytorch_model.bin" })
        {
            var model = server.NewModel();
            if (file == "pytorch_model.bin")
                File.Delete(server.Inside($"{model}/model.safetensors"));
            RootedServer.Replace(server.Inside($"{model}/{file}"), RootedServer.MakeFifo);
            await AreRefusedAsync(() => server.RefusedModelAsync(model, other));
        }

        foreach (var ending in new[] { "npy", "safetensors" })
        {
            var tokens = $"{Guid.NewGuid():N}.{ending}";
            RootedServer.Replace(server.Inside(tokens), RootedServer.MakeFifo);
            await AreRefusedAsync(() => server.RefusedTokensAsync(tokens, other));
        }

        await server.AcceptedAsync(new { model = "model", tokens = "inputs.safetensors", rows = 2, skip_heads = true }, other);
        Assert.True(await server.IsReadyAsync(other));
        await other.StopAsync().WaitAsync(StopLimit);

        static async Task AreRefusedAsync(Func<Task<string>> submit)
        {
            for (var submissions = 0; submissions < 3; submissions++) // more than are taken in at a time
                Assert.Contains("regular file", await submit(), StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task Submit_Socket_IsRefused()
    {
        Skip.If(OperatingSystem.IsWindows(), "has no such files");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(server.Inside("socket.npy")));
        Assert.Contains("regular file", await server.RefusedTokensAsync("socket.npy"), StringComparison.Ordinal);
    }
}
