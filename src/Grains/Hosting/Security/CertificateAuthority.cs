using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HeadScope.Grains.Hosting.Security;

/// <summary>An authority of a cluster's own, for those who have none, and the certificates that it issues.</summary>
public static class CertificateAuthority
{
    const int SerialBytes = 16;

    static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3650);

    /// <summary>Clocks of silos may be behind.</summary>
    static readonly TimeSpan Backdating = TimeSpan.FromHours(1);

    /// <summary>A new authority, with its key.</summary>
    /// <param name="cluster">The name of the cluster.</param>
    public static X509Certificate2 Create(string cluster, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=HeadScope authority of {cluster}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = time.GetUtcNow();
        return request.CreateSelfSigned(now - Backdating, now + AuthorityLife);
    }

    /// <summary>A new certificate for silos and clients of a cluster, with its key.</summary>
    /// <param name="authority">With its key.</param>
    public static X509Certificate2 Issue(X509Certificate2 authority, string cluster, TimeSpan life, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=HeadScope silo of {cluster}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(CertificateRules.Usages, critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(cluster);
        request.CertificateExtensions.Add(names.Build());
        var now = time.GetUtcNow();
        var end = now + life < authority.NotAfter ? now + life : authority.NotAfter; // none outlives its authority
        using var issued = request.Create(authority, now - Backdating, end, RandomNumberGenerator.GetBytes(SerialBytes));
        return issued.CopyWithPrivateKey(key);
    }
}
