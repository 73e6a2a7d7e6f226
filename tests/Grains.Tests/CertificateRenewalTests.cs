using System.Diagnostics;
using HeadScope.Grains.Hosting.Security;
using HeadScope.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace HeadScope.Grains.Tests;

/// <summary>Silos of one cluster whose certificates, and then whose authority, are replaced while they work.</summary>
public sealed class CertificateRenewalTests : IDisposable
{
    const string Cluster = "a-cluster";
    const string Silo = "silo.pem";
    const string Authority = "authority.pem";

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly TemporaryFolder _folder = new();
    readonly int _primaryPort = Ports.Free();
    readonly int _gatewayPort = Ports.Free();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Renew_CertificatesAndAuthorityOfACluster_ItGoesOnAndTakesNewSilosIn()
    {
        foreach (var authority in new[] { "old", "new" })
            await MakeAsync(authority);
        string[] running = ["first", "second"];
        foreach (var silo in running)
            Put(silo, "old");
        RandomTokens.Write(Directory.CreateDirectory(_folder.File("tokens")).FullName + "/some.npy", 40);
        await using var first = await StartAsync("first", _primaryPort, _gatewayPort);
        await using var second = await StartAsync("second", Ports.Free(), Ports.Free());
        await DoneAsync(first, rows: 10);

        await MakeAsync("old"); // renewed by the same authority
        foreach (var silo in running)
            Put(silo, "old");
        await DoneAsync(second, rows: 12);

        // The authority is replaced in three steps; the cluster works between any two.
        foreach (var silo in running)
            File.AppendAllText(_folder.File($"{silo}/{Authority}"), File.ReadAllText(_folder.File($"new/{Authority}")));
        await DoneAsync(first, rows: 14);
        foreach (var silo in running)
            Move($"new/{Silo}", $"{silo}/{Silo}");
        await DoneAsync(second, rows: 16);
        foreach (var silo in running)
            Move($"new/{Authority}", $"{silo}/{Authority}");
        await DoneAsync(first, rows: 18);

        // Who comes now speaks to both of them anew, and knows nothing of the authority that was.
        Put("third", "new");
        await using var third = await StartAsync("third", Ports.Free(), Ports.Free());
        await DoneAsync(third, rows: 20);
        using var client = TrustTests.Client(_gatewayPort, Cluster, ClusterTls.With(Open("new")), triesAgain: true);
        await client.StartAsync();
        var management = client.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        for (var waited = Stopwatch.StartNew(); (await management.GetHosts(onlyActive: true)).Count < 3; await Task.Delay(100))
            Assert.True(waited.Elapsed < Patience, "the third silo did not join");
        await client.StopAsync();
        using var late = TrustTests.Client(_gatewayPort, Cluster, ClusterTls.With(Open("old")), triesAgain: false);
        await Assert.ThrowsAnyAsync<Exception>(() => late.StartAsync());
        foreach (var silo in new[] { third, second, first })
            Assert.Equal(0, await silo.StopAsync());
    }

    static async Task DoneAsync(SiloProcess silo, int rows) =>
        await silo.UntilAsync(
            await silo.SubmitAsync(new { model = "model", tokens = "some.npy", rows, shard_rows = 1, skip_heads = true }), "done");

    async Task MakeAsync(string authority) =>
        Assert.Equal(0, (await SiloProcess.RunAsync(null, "certificate", "--out", _folder.File(authority), "--cluster-id", Cluster)).Code);

    ClusterCertificate Open(string folder) =>
        ClusterCertificate.Open(_folder.File($"{folder}/{Silo}"), _folder.File($"{folder}/{Authority}"), Cluster, TimeProvider.System);

    /// <summary>Gives a silo a certificate of an authority, each file in one step.</summary>
    void Put(string silo, string authority)
    {
        Directory.CreateDirectory(_folder.File(silo));
        foreach (var file in new[] { Authority, Silo })
            Move($"{authority}/{file}", $"{silo}/{file}");
    }

    void Move(string from, string to)
    {
        File.Copy(_folder.File(from), _folder.File($"{to}.next"));
        File.SetLastWriteTimeUtc(_folder.File($"{to}.next"), DateTime.UtcNow);
        File.Move(_folder.File($"{to}.next"), _folder.File(to), overwrite: true);
    }

    Task<SiloProcess> StartAsync(string name, int siloPort, int gatewayPort) => SiloProcess.StartAsync(_folder.File("store"), _folder.File("tokens"),
    [
        "--cluster", "localhost", "--cluster-id", Cluster, "--workers", "1", "--silo-port", $"{siloPort}", "--primary-port",
        $"{_primaryPort}", "--gateway-port", $"{gatewayPort}",
        "--silo-certificate", _folder.File($"{name}/{Silo}"), "--silo-authority", _folder.File($"{name}/{Authority}"),
    ]);
}
