using System.Security.Cryptography.X509Certificates;
using HeadScope.Grains.Hosting.Security;
using HeadScope.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace HeadScope.Grains.Tests;

/// <summary>Whose certificates a silo takes for its cluster's.</summary>
public sealed class ClusterCertificateTests : IDisposable
{
    const string Cluster = "a-cluster";

    static readonly TimeSpan Life = TimeSpan.FromDays(30);

    readonly TemporaryFolder _folder = new();
    readonly X509Certificate2 _authority = CertificateAuthority.Create(
        Cluster, new FakeTimeProvider(DateTimeOffset.UtcNow - TimeSpan.FromDays(365)));
    readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void IsMember_Certificates_OfTheClustersAuthorityNameAndTimeAlone()
    {
        var own = Open(_authority, _authority);
        using var stranger = CertificateAuthority.Create(Cluster, TimeProvider.System);
        using var self = CertificateAuthority.Issue(stranger, Cluster, Life, TimeProvider.System);
        foreach (var (certificate, isMember) in new[]
        {
            (CertificateAuthority.Issue(_authority, Cluster, Life, TimeProvider.System), true),
            (CertificateAuthority.Issue(_authority, "another-cluster", Life, TimeProvider.System), false),
            (CertificateAuthority.Issue(_authority, Cluster, Life, new FakeTimeProvider(DateTimeOffset.UtcNow - Life - TimeSpan.FromDays(1))), false), // it has ended
            (CertificateAuthority.Issue(stranger, Cluster, Life, TimeProvider.System), false),
            (stranger, false),
            (_authority, false), // who has the authority's certificate has no silo's
        })
        {
            Assert.Equal((certificate.Subject, isMember), (certificate.Subject, own.IsMember(certificate, null)));
        }
    }

    [Fact]
    public void Open_CertificateThatIsNotTheClusters_SaysWhatIsWrong()
    {
        using var stranger = CertificateAuthority.Create(Cluster, TimeProvider.System);
        Assert.Contains(
            "silo.pem", Assert.Throws<InvalidDataException>(() => Open(stranger, _authority)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "was not issued for the cluster", Assert.Throws<InvalidDataException>(() => Open(_authority, _authority, "another")).Message,
            StringComparison.Ordinal);
        Write(_authority, _authority);
        File.WriteAllText(_folder.File("silo.pem"), "nothing of the kind");
        Assert.Contains("headscope-silo certificate", Assert.Throws<InvalidDataException>(Open).Message, StringComparison.Ordinal);
        File.Delete(_folder.File("silo.pem"));
        Assert.Contains("there is no such file", Assert.Throws<InvalidDataException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_KeyThatOthersCanRead_IsRefused()
    {
        if (OperatingSystem.IsWindows())
            return;
        Write(_authority, _authority);
        File.SetUnixFileMode(_folder.File("silo.pem"), UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", Assert.Throws<InvalidDataException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Current_FilesAreRenewed_IsTheNewOneAndADamagedOneIsPassedOver()
    {
        var own = Open(_authority, _authority);
        var reports = new List<string>();
        own.Report = reports.Add;
        var first = own.Current.Thumbprint;
        using var next = CertificateAuthority.Create(Cluster, TimeProvider.System);
        Write(next, next);
        _time.Advance(TimeSpan.FromSeconds(1));
        var second = own.Current;
        Assert.NotEqual(first, second.Thumbprint);
        Assert.True(own.IsMember(second, null));

        File.WriteAllText(_folder.File("silo.pem"), "half of a certifi");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(second.Thumbprint, own.Current.Thumbprint);
        Assert.Contains("The certificate that was read before serves on.", Assert.Single(reports), StringComparison.Ordinal);
    }

    ClusterCertificate Open(X509Certificate2 issuer, X509Certificate2 trusted, string cluster = Cluster)
    {
        Write(issuer, trusted, cluster);
        return Open();
    }

    ClusterCertificate Open() => ClusterCertificate.Open(_folder.File("silo.pem"), _folder.File("authority.pem"), Cluster, _time);

    void Write(X509Certificate2 issuer, X509Certificate2 trusted, string cluster = Cluster)
    {
        using var issued = CertificateAuthority.Issue(issuer, cluster, Life, TimeProvider.System);
        using var key = issued.GetECDsaPrivateKey()!;
        File.Delete(_folder.File("silo.pem"));
        File.WriteAllText(_folder.File("silo.pem"), $"{issued.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder.File("silo.pem"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(_folder.File("authority.pem"), trusted.ExportCertificatePem());
    }
}
