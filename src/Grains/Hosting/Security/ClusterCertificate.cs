using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HeadScope.Jobs;

namespace HeadScope.Grains.Hosting.Security;

/// <summary>
/// What a process shows to the other silos and clients of its cluster, and what it asks of them: PEM files, read again when they have
/// changed, so that a certificate is renewed without a restart.
/// </summary>
public sealed class ClusterCertificate
{
    /// <summary>How soon a change is noticed.</summary>
    static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    readonly string _file;
    readonly string _authorityFile;
    readonly string _cluster;
    readonly TimeProvider _time;
    readonly Lock _gate = new();
    (DateTime, long, DateTime, long) _version;
    long _checked;
    Content _content;

    ClusterCertificate(string file, string authorityFile, string cluster, TimeProvider time)
    {
        (_file, _authorityFile, _cluster, _time) = (file, authorityFile, cluster, time);
        _version = Version();
        _content = Read();
        _checked = time.GetTimestamp();
    }

    /// <summary>Told why a changed file is not used; the last good one serves on.</summary>
    public Action<string> Report { get; set; } = _ => { };

    /// <summary>The name that certificates of the cluster are issued for.</summary>
    public string Cluster => _cluster;

    /// <summary>This process's own certificate, with its key.</summary>
    public X509Certificate2 Current => Latest().Certificate;

    /// <param name="file">A certificate and its key.</param>
    /// <param name="authorityFile">Certificates of the cluster's authority, or of several while one takes the place of another.</param>
    /// <param name="cluster">The name that certificates of the cluster are issued for.</param>
    /// <exception cref="InvalidDataException">A file is missing or damaged, others can read the key, or the certificate is not one of the
    /// cluster's.</exception>
    public static ClusterCertificate Open(string file, string authorityFile, string cluster, TimeProvider time) =>
        new(file, authorityFile, cluster, time);

    /// <summary>Whether whoever shows a certificate belongs to the cluster.</summary>
    /// <param name="sent">What came along with it.</param>
    public bool IsMember(X509Certificate2 certificate, X509Chain? sent) =>
        CertificateRules.WhyNot(certificate, Latest().Authority, _cluster, sent) is null;

    Content Latest()
    {
        lock (_gate)
        {
            if (_time.GetElapsedTime(_checked) < CheckInterval)
                return _content;
            _checked = _time.GetTimestamp();
            try
            {
                var version = Version();
                if (version != _version)
                {
                    _version = version;
                    _content = Read();
                }
            }
            catch (InvalidDataException e)
            {
                Report($"{e.Message} The certificate that was read before serves on.");
            }

            return _content;
        }
    }

    (DateTime, long, DateTime, long) Version()
    {
        var (own, authority) = (Existing(_file), Existing(_authorityFile));
        return (own.LastWriteTimeUtc, own.Length, authority.LastWriteTimeUtc, authority.Length);
    }

    Content Read()
    {
        PrivateFile.Check(_file, "the key in it, and so join the cluster");
        var authority = new X509Certificate2Collection();
        X509Certificate2 certificate;
        try
        {
            authority.ImportFromPem(File.ReadAllText(_authorityFile));
            using var read = X509Certificate2.CreateFromPemFile(_file);
            // Some systems' TLS refuses keys that are in memory alone.
            certificate = X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(
                $"{_file}, {_authorityFile}: these are not a certificate with its key and the certificate of its authority, as PEM " +
                $"({e.Message}). Make some with 'headscope-silo certificate'.", e);
        }

        if (!authority.Any(CertificateRules.IsRoot))
            throw new InvalidDataException($"{_authorityFile}: none of its {authority.Count} certificates is of an authority that stands for itself. Add that of the root.");
        if (CertificateRules.WhyNot(certificate, authority, _cluster) is { } why)
            throw new InvalidDataException(
                $"{_file}: the certificate is not one of the cluster '{_cluster}', whose authority is that of {_authorityFile}. {why}");
        return new Content(certificate, authority);
    }

    static FileInfo Existing(string file)
    {
        // A renewed file is often a link that leads somewhere else.
        var info = new FileInfo(file);
        var target = info.Exists && info.ResolveLinkTarget(returnFinalTarget: true) is FileInfo end ? end : info;
        return target.Exists
            ? target
            : throw new InvalidDataException($"{file}: there is no such file. Make one with 'headscope-silo certificate'.");
    }

    sealed record Content(X509Certificate2 Certificate, X509Certificate2Collection Authority);
}
