using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using HeadScope.CommandLine;
using HeadScope.Grains.Hosting;
using HeadScope.Grains.Hosting.Security;
using HeadScope.Jobs;
using HeadScope.Silo.Security;

namespace HeadScope.Silo.Commands;

/// <summary>headscope-silo certificate: an authority of a cluster's own, and certificates of it.</summary>
internal static class CertificateCommand
{
    const string Authority = "authority.pem";
    const string AuthorityKey = "authority.key.pem";

    public static Command Create()
    {
        var folder = new Option<string>("--out")
        {
            Description = "The folder of the authority; one is made where there is none.",
            Required = true,
            HelpName = "DIR",
        };
        var name = new Option<string>("--name")
        {
            Description = "Of the certificate's file, DIR/NAME.pem, which is replaced where it is there.",
            DefaultValueFactory = _ => "silo",
        };
        var cluster = new Option<string>("--cluster-id")
        {
            Description = "The name of the cluster that the certificate is for.",
            DefaultValueFactory = _ => ClusterSettings.DefaultId,
        };
        var days = NumberOption.Create("--days", "How long the certificate is good for.", 365, 1, 3650);
        cluster.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is var id && !ClusterCommandOptions.IsName(id))
                result.AddError(ClusterCommandOptions.NameFault(id));
        });
        name.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is var file && !ApiKey.IsName(file ?? ""))
                result.AddError($"--name {file}: expected letters, digits, '.', '-' and '_', at most 64.");
        });

        var command = new Command(
            "certificate",
            "Make a certificate with which a silo shows that it belongs to a cluster, and the cluster's authority where there is none. " +
            "Keep the authority's key away from the silos: whoever has it can join.")
        {
            folder, name, cluster, days,
        };
        command.SetAction(parsed => Write(
            Directory.CreateDirectory(parsed.GetRequiredValue(folder)).FullName, parsed.GetRequiredValue(name),
            parsed.GetRequiredValue(cluster),
            TimeSpan.FromDays(parsed.GetValue(days)), TimeProvider.System));
        return command;
    }

    static void Write(string folder, string name, string cluster, TimeSpan life, TimeProvider time)
    {
        var (authorityFile, keyFile, file) = (Path.Combine(folder, Authority), Path.Combine(folder, AuthorityKey), Path.Combine(folder, $"{name}.pem"));
        using var authority = File.Exists(authorityFile) ? Open(authorityFile, keyFile) : CertificateAuthority.Create(cluster, time);
        if (!File.Exists(authorityFile))
        {
            PrivateFile.Write(keyFile, Encoding.ASCII.GetBytes(KeyOf(authority)));
            File.WriteAllText(authorityFile, authority.ExportCertificatePem() + "\n");
        }

        using var issued = CertificateAuthority.Issue(authority, cluster, life, time);
        PrivateFile.Write(file, Encoding.ASCII.GetBytes($"{issued.ExportCertificatePem()}\n{KeyOf(issued)}"));
        Console.Out.WriteLine(
            $"{file}: for --silo-certificate, until {issued.NotAfter.ToUniversalTime():yyyy-MM-dd}, of the cluster '{cluster}'");
        Console.Out.WriteLine($"{authorityFile}: for --silo-authority");
        Console.Out.WriteLine($"{keyFile}: issues more; no silo needs it");
    }

    static X509Certificate2 Open(string authorityFile, string keyFile)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(authorityFile, keyFile);
        }
        catch (Exception e) when (e is CryptographicException or FileNotFoundException)
        {
            throw new InvalidDataException(
                $"{authorityFile}, {keyFile}: these are not the certificate of an authority and its key ({e.Message}). Restore them, or " +
                $"make a new authority in another folder.", e);
        }
    }

    static string KeyOf(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey() ?? throw new InvalidDataException(
            "The key of the authority is of another kind than this command makes: expected one of elliptic curves.");
        return $"{key.ExportPkcs8PrivateKeyPem()}\n";
    }
}
