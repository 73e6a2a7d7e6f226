using HeadScope.Grains.Hosting.Security;

namespace HeadScope.Silo.Hosting;

/// <summary>Writes to the log why a certificate that was to be renewed is not.</summary>
internal sealed partial class CertificateTroubles(ILogger<ClusterCertificate> logger)
{
    public void Report(string message) => Trouble(message);

    [LoggerMessage(LogLevel.Error, "{Message}")]
    partial void Trouble(string message);
}
