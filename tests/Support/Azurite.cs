using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace HeadScope.Tests.Support;

/// <summary>
/// A blob service on this machine, on a port and with an account of its own: Azurite, from npm. Tests are skipped, with the
/// reason, where it cannot be installed. What it keeps is gone with it.
/// </summary>
internal sealed class Azurite : IDisposable
{
    const string Package = "azurite@3.37.0";
    const string Ready = "successfully listens on ";

    /// <summary>The account's name.</summary>
    public const string Account = "headscope";

    static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);

    readonly TemporaryFolder _folder = new();
    readonly string _packages;
    Process? _process;

    Azurite(string packages) => _packages = packages;

    /// <summary>The account's key, in base 64; another each time.</summary>
    public string Key { get; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));

    /// <summary>Where it listens; the same after a restart.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1:0/");

    public static async Task<Azurite> StartAsync()
    {
        var azurite = new Azurite(NodePackages.Require(Package));
        await azurite.StartAsync(0);
        return azurite;
    }

    /// <summary>How a client gets in, there or through a proxy.</summary>
    public string ConnectionString(Uri? through = null) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint={through ?? Address}{Account};";

    /// <summary>Ends it as a crash of the service would: requests are cut off, and what was answered is kept.</summary>
    public async Task KillAsync()
    {
        using var kill = Process.Start("kill", ["-USR2", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts it again where it was, with what it had.</summary>
    public Task StartAgainAsync() => StartAsync(Address.Port);

    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process?.Dispose();
        _folder.Dispose();
    }

    async Task StartAsync(int port)
    {
        var start = new ProcessStartInfo("node",
        [
            "--require", Path.Combine(AppContext.BaseDirectory, "Support", "azurite-crash.cjs"),
            Path.Combine(_packages, "node_modules", "azurite", "dist", "src", "blob", "main.js"), "--blobPort", port.ToString(CultureInfo.InvariantCulture),
            "--location", _folder.File(""), "--silent", "--disableTelemetry", "--disableProductStyleUrl",
        ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["AZURITE_PACKAGES"] = _packages;
        start.Environment["AZURITE_ACCOUNTS"] = $"{Account}:{Key}";
        _process = Process.Start(start)!;
        var error = _process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(StartLimit);
        while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.IndexOf(Ready, StringComparison.Ordinal) is >= 0 and var at)
            {
                Address = new Uri($"{line[(at + Ready.Length)..].Trim()}/");
                _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None); // a full pipe would stop it
                return;
            }
        }

        throw new IOException($"Azurite did not start: {await error}");
    }
}
