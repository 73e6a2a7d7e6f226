using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HeadScope.Grains.Hosting.Security;

/// <summary>
/// Who belongs to a cluster: whoever has a certificate that the cluster's authority issued for the cluster's name, for clients and servers
/// of TLS alike. Silos both call and are called, and clients of the cluster are trusted as silos are.
/// </summary>
internal static class CertificateRules
{
    static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");
    static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    public static OidCollection Usages => [ServerAuthentication, ClientAuthentication];

    /// <summary>Why a certificate is not one of the cluster's; null where it is.</summary>
    /// <param name="authority">Certificates of authorities. Those that sign themselves are trusted; others may stand between.</param>
    /// <param name="name">The cluster's, which is to be a DNS name of the certificate.</param>
    /// <param name="sent">What came along with the certificate.</param>
    public static string? WhyNot(X509Certificate2 certificate, X509Certificate2Collection authority, string name, X509Chain? sent = null)
    {
        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        foreach (var trusted in authority)
            (IsRoot(trusted) ? policy.CustomTrustStore : policy.ExtraStore).Add(trusted);
        if (sent is not null)
            policy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        foreach (var usage in Usages)
            policy.ApplicationPolicy.Add(usage);
        if (!chain.Build(certificate))
            return string.Join(" ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()).Distinct());
        return certificate.MatchesHostname(name, allowWildcards: false, allowCommonName: false)
            ? null
            : $"It was not issued for the cluster '{name}': that is not among its DNS names.";
    }

    /// <summary>Whether a certificate is an authority's own.</summary>
    public static bool IsRoot(X509Certificate2 certificate) =>
        certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
}
