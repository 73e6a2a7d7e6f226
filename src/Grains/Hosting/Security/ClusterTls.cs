using Orleans.Connections.Security;

namespace HeadScope.Grains.Hosting.Security;

/// <summary>Mutual TLS on all connections of a cluster: whoever calls and whoever is called show that they belong to it.</summary>
internal static class ClusterTls
{
    public static Action<TlsOptions> With(ClusterCertificate certificate) => tls =>
    {
        tls.LocalServerCertificateSelector = (_, _) => certificate.Current;
        tls.LocalClientCertificateSelector = (_, _, _, _, _) => certificate.Current;
        tls.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        tls.RemoteCertificateValidation = (remote, chain, _) => certificate.IsMember(remote, chain);
        tls.OnAuthenticateAsClient = (_, client) => client.TargetHost = certificate.Cluster;
    };
}
