using System.Net;
using HeadScope.Grains.Contracts;
using HeadScope.Grains.Hosting.Security;
using HeadScope.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Connections.Security;

namespace HeadScope.Grains.Tests;

/// <summary>A silo of a cluster, and Orleans's own clients and silos that come to it.</summary>
public sealed class TrustTests : IDisposable
{
    const string Cluster = "a-cluster";

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly TemporaryFolder _folder = new();
    readonly int _siloPort = Ports.Free();
    readonly int _gatewayPort = Ports.Free();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Certificate_MadeTwice_KeepsTheAuthorityAndItsFilesAreTheirOwnersAlone()
    {
        await MakeCertificatesAsync("own");
        var authority = File.ReadAllText(_folder.File("own/authority.pem"));
        var first = File.ReadAllText(_folder.File("own/silo.pem"));
        await MakeCertificatesAsync("own");
        Assert.Equal(authority, File.ReadAllText(_folder.File("own/authority.pem")));
        Assert.NotEqual(first, File.ReadAllText(_folder.File("own/silo.pem")));
        foreach (var secret in new[] { "silo.pem", "authority.key.pem" })
        {
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File($"own/{secret}")));
        }

        Assert.DoesNotContain("PRIVATE", authority, StringComparison.Ordinal);
        Assert.NotNull(Open("own"));
    }

    [Theory]
    [InlineData("--insecure-silo-ports where all who reach them are trusted")]
    [InlineData("go together", "--silo-certificate", "x.pem")]
    [InlineData("leave one of them out", "--silo-certificate", "x.pem", "--silo-authority", "y.pem", "--insecure-silo-ports")]
    [InlineData("as in a host's name", "--insecure-silo-ports", "--cluster-id", "Not a name")]
    public async Task Start_ClusterWithoutCertificate_IsRefused(string message, params string[] options)
    {
        foreach (var role in new[] { "worker", "gateway" })
        {
            var (code, log) = await SiloProcess.RunAsync(
                null, ["--store", _folder.File("store"), "--cluster", "localhost", "--role", role, .. options]);
            Assert.Equal(2, code);
            Assert.Contains(message, log, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Connect_WithoutTheClustersCertificate_NobodyCanListLeaseDrainOrJoin()
    {
        await MakeCertificatesAsync("own");
        await MakeCertificatesAsync("foreign");
        await using var silo = await StartAsync("own");
        var id = await silo.SubmitAsync(new { model = "model", tokens = "some.npy", shard_rows = 4, skip_heads = true });
        await silo.UntilAsync(id, "done");
        var own = ClusterTls.With(Open("own"));
        Action<TlsOptions>?[] intruders =
        [
            null, // in the clear
            ClusterTls.With(Open("foreign")),
            tls => tls.AllowAnyRemoteCertificate(), // shows nothing
            tls =>
            {
                ClusterTls.With(Open("foreign"))(tls);
                tls.AllowAnyRemoteCertificate();
            },
        ];
        // Silos try again and again: as long as it takes others to be let in.
        using var limit = new CancellationTokenSource();
        var joining = intruders[..2].Select(Silo).ToList();
        var joined = joining.Select(host => host.StartAsync(limit.Token)).ToList();
        foreach (var intruder in intruders)
        {
            using var client = Client(intruder, triesAgain: false);
            await Assert.ThrowsAnyAsync<Exception>(() => client.StartAsync());
            var grains = client.Services.GetRequiredService<IGrainFactory>();
            await Assert.ThrowsAnyAsync<Exception>(() => grains.GetGrain<IJobQueueGrain>(IJobQueueGrain.Key).InTurnAsync());
            await Assert.ThrowsAnyAsync<Exception>(
                () => grains.GetGrain<IJobGrain>(id).NextAsync("intruder", SiloAddress.New(IPAddress.Loopback, 1, 1)));
            await Assert.ThrowsAnyAsync<Exception>(
                () => grains.GetGrain<IModelGrain>(IModelGrain.KeyOf("cpu", SiloName)).DrainAsync(abort: true));
        }

        using (var member = Client(own))
        {
            await member.StartAsync();
            var grains = member.Services.GetRequiredService<IGrainFactory>();
            Assert.Single(await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true));
            Assert.Equal(SiloName, await grains.GetGrain<IModelGrain>(IModelGrain.KeyOf("cpu", SiloName)).WhereAsync());
            using var second = Silo(own);
            await second.StartAsync();
            Assert.Equal(2, (await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Count);
            await second.StopAsync();
            await member.StopAsync();
        }

        await limit.CancelAsync();
        foreach (var (host, task) in joining.Zip(joined))
        {
            await Assert.ThrowsAnyAsync<Exception>(() => task);
            host.Dispose();
        }

        Assert.Equal(0, await silo.StopAsync());
    }

    [Fact]
    public async Task Renew_CertificateAndAuthorityOfARunningSilo_TakeEffectWithoutARestart()
    {
        await MakeCertificatesAsync("own");
        await MakeCertificatesAsync("next");
        await using var silo = await StartAsync("own");
        using (var early = Client(ClusterTls.With(Open("next")), triesAgain: false))
            await Assert.ThrowsAnyAsync<Exception>(() => early.StartAsync());

        var before = Client(ClusterTls.With(Open("own")));
        await before.StartAsync();
        foreach (var file in new[] { "authority.pem", "silo.pem" })
            File.Move(_folder.File($"next/{file}"), _folder.File($"own/{file}"), overwrite: true);

        // Who has connected stays so; who comes from now on shows, and is shown, the new one.
        using var after = Client(ClusterTls.With(Open("own")));
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); ;)
        {
            try
            {
                await after.StartAsync();
                break;
            }
            catch (Exception e) when (e is not OutOfMemoryException && waited.Elapsed < Patience)
            {
                // The silo has not looked at its files yet.
            }
        }

        foreach (var client in new[] { before, after })
            Assert.Single(
                await client.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true));
        await before.StopAsync();
        before.Dispose();
        await after.StopAsync();
        var id = await silo.SubmitAsync(new { model = "model", tokens = "some.npy", shard_rows = 4, skip_heads = true });
        await silo.UntilAsync(id, "done");
    }

    string SiloName => $"{Environment.MachineName}-{_siloPort}";

    ClusterCertificate Open(string folder) =>
        ClusterCertificate.Open(_folder.File($"{folder}/silo.pem"), _folder.File($"{folder}/authority.pem"), Cluster, TimeProvider.System);

    async Task MakeCertificatesAsync(string folder) =>
        Assert.Equal(0, (await SiloProcess.RunAsync(null, "certificate", "--out", _folder.File(folder), "--cluster-id", Cluster)).Code);

    Task<SiloProcess> StartAsync(string certificates)
    {
        Directory.CreateDirectory(_folder.File("tokens"));
        RandomTokens.Write(_folder.File("tokens/some.npy"), 40);
        return SiloProcess.StartAsync(_folder.File("store"), _folder.File("tokens"),
        [
            "--cluster", "localhost", "--cluster-id", Cluster, "--workers", "1", "--silo-port", $"{_siloPort}", "--primary-port",
            $"{_siloPort}", "--gateway-port", $"{_gatewayPort}",
            "--silo-certificate", _folder.File($"{certificates}/silo.pem"), "--silo-authority", _folder.File(
                $"{certificates}/authority.pem"),
        ]);
    }

    IHost Client(Action<TlsOptions>? tls, bool triesAgain = true) => Client(_gatewayPort, Cluster, tls, triesAgain);

    /// <summary>Orleans's own client.</summary>
    /// <param name="triesAgain">Whether it tries to connect again after it was refused.</param>
    internal static IHost Client(int gatewayPort, string cluster, Action<TlsOptions>? tls, bool triesAgain)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(client =>
        {
            client.UseLocalhostClustering(gatewayPort, "headscope", cluster);
            if (!triesAgain)
                client.UseConnectionRetryFilter((_, _) => Task.FromResult(false));
            if (tls is not null)
                client.UseTls(tls);
        });
        return builder.Build();
    }

    /// <summary>Orleans's own silo.</summary>
    IHost Silo(Action<TlsOptions>? tls)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(Ports.Free(), Ports.Free(), new IPEndPoint(IPAddress.Loopback, _siloPort), "headscope", Cluster);
            if (tls is not null)
                silo.UseTls(tls);
        });
        return builder.Build();
    }
}
