using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Server;

/// <summary>Where a server listens, whoever says so: its options, the environment, or files that lie about.</summary>
public sealed class ListenTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Start_KestrelsConfigurationSaysBeyondLoopback_IsRefusedWithoutKeys()
    {
        var environment = new Dictionary<string, string> { ["Kestrel__Endpoints__more__Url"] = $"http://0.0.0.0:{Ports.Free()}" };
        var (code, output, error) = await HeadScopeProcess.RunServerAsync(environment, "--store", _folder.File("store"), "--workers", "0");
        Assert.True(code == 1, output + error);
        Assert.Contains("open to other machines, and there are no API keys", error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_SettingsInTheFolderItIsStartedFrom_AreNotRead()
    {
        var (listen, other) = (Ports.Free(), Ports.Free());
        File.WriteAllText(_folder.File("appsettings.json"), $$"""{"Kestrel": {"Endpoints": {"more": {"Url": "http://0.0.0.0:{{other}}"} } } }""");
        using var server = HeadScopeProcess.StartServerIn(
            _folder.File(""), "--store", _folder.File("store"), "--workers", "0", "--listen", $"http://127.0.0.1:{listen}");
        await UntilAnsweredAsync(server, new HttpClient(), $"http://127.0.0.1:{listen}/health/live");
        await Assert.ThrowsAsync<HttpRequestException>(() => new HttpClient().GetAsync($"http://127.0.0.1:{other}/health/live"));
    }

    [Fact]
    public async Task Start_HttpsWithoutACertificate_SaysWhatToDo()
    {
        var (code, output, error) = await HeadScopeProcess.RunServerAsync(
            "--store", _folder.File("store"), "--workers", "0", "--listen", $"https://127.0.0.1:{Ports.Free()}");
        Assert.True(code == 1, output + error);
        Assert.Contains("Kestrel__Certificates__Default__Path=FILE", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nothing of the kind")]
    [InlineData(null)]
    public async Task Start_CertificateThatIsNone_SaysSo(string? content)
    {
        if (content is not null)
            File.WriteAllText(_folder.File("server.pem"), content);
        var (code, output, error) = await HeadScopeProcess.RunServerAsync(
            Certificate, "--store", _folder.File("store"), "--workers", "0", "--listen", $"https://127.0.0.1:{Ports.Free()}");
        Assert.True(code == 1, output + error);
        Assert.DoesNotContain("Unhandled", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_HttpsWithACertificate_ServesItToWhomItIsVouchedFor()
    {
        var address = $"https://127.0.0.1:{Ports.Free()}";
        var written = WriteCertificate();
        using var server = HeadScopeProcess.StartServer(
            Certificate, "--store", _folder.File("store"), "--workers", "0", "--listen", address);
        string? shown = null;
        using var http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => (shown = certificate!.GetCertHashString(HashAlgorithmName.SHA256)) is not null },
        });
        await UntilAnsweredAsync(server, http, $"{address}/health/live");
        Assert.Equal(written, shown);
        var (code, _, error) = await HeadScopeProcess.RunAsync("list", "--server", address);
        Assert.True(code == 1, "whose certificate nobody vouches for is not believed");
        Assert.Contains(address, error, StringComparison.Ordinal);
        (code, var output, error) = await HeadScopeProcess.RunAsync(
            new Dictionary<string, string> { ["SSL_CERT_FILE"] = _folder.File("server.pem") }, "list", "--server", address);
        if (OperatingSystem.IsLinux())
            Assert.True(code == 0, output + error);
    }

    Dictionary<string, string> Certificate => new()
    {
        ["Kestrel__Certificates__Default__Path"] = _folder.File("server.pem"),
        ["Kestrel__Certificates__Default__KeyPath"] = _folder.File("server.key.pem"),
    };

    /// <summary>A certificate of its own for 127.0.0.1; returns its hash.</summary>
    string WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=headscope", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(_folder.File("server.key.pem"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(_folder.File("server.pem"), certificate.ExportCertificatePem());
        return certificate.GetCertHashString(HashAlgorithmName.SHA256);
    }

    static async Task UntilAnsweredAsync(HeadScopeProcess server, HttpClient http, string url)
    {
        for (; ; await Task.Delay(50))
        {
            Assert.False(server.HasEnded, server.Said);
            try
            {
                using var answer = await http.GetAsync(url);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
        }
    }
}
