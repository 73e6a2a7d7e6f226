using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace HeadScope.Tests.Support;

/// <summary>
/// A storage account on this machine, on ports and with a key of its own: Azurite, from npm. Tests are skipped, with the reason, where it
/// cannot be installed. What it keeps is gone with it.
/// </summary>
internal sealed class Azurite : IDisposable
{
    const string Package = "azurite@3.37.0";

    /// <summary>The account's name.</summary>
    public const string Account = "headscope";

    readonly TemporaryFolder _folder = new();
    readonly string _packages;
    readonly string _host;
    Service? _blobs;
    Service? _tables;
    Uri? _tablesAddress;

    Azurite(string packages, string host) => (_packages, _host) = (packages, host);

    /// <summary>The account's key, in base 64; another each time.</summary>
    public string Key { get; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));

    /// <summary>Where its blobs are; the same after a restart.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1:0/");

    /// <param name="tables">Whether it has tables too.</param>
    /// <param name="host">The address of this machine that it is reached at.</param>
    public static async Task<Azurite> StartAsync(bool tables = false, string host = "127.0.0.1")
    {
        var azurite = new Azurite(NodePackages.Require(Package), host);
        try
        {
            await azurite.StartBlobsAsync(0);
            if (tables)
                await azurite.StartTablesAsync(Ports.Free());
            return azurite;
        }
        catch (IOException)
        {
            azurite.Dispose();
            throw;
        }
    }

    /// <summary>How a client gets in, there or, to its blobs, through a proxy.</summary>
    public string ConnectionString(Uri? through = null) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint={through ?? Address}{Account};{(_tablesAddress is null ? "" : $"TableEndpoint={_tablesAddress}{Account};")}";

    /// <summary>Ends its blobs as a crash of the service would: requests are cut off, and what was answered is kept.</summary>
    public async Task KillAsync()
    {
        await _blobs!.KillAsync();
        _blobs = null;
    }

    /// <summary>Starts its blobs again where they were, with what there was.</summary>
    public Task StartAgainAsync() => StartBlobsAsync(Address.Port);

    /// <summary>Ends its tables likewise.</summary>
    public async Task KillTablesAsync()
    {
        await _tables!.KillAsync();
        _tables = null;
    }

    /// <summary>Starts its tables again where they were, with what there was.</summary>
    public Task StartTablesAgainAsync() => StartTablesAsync(_tablesAddress!.Port);

    public void Dispose()
    {
        _blobs?.Dispose();
        _tables?.Dispose();
        _folder.Dispose();
    }

    async Task StartBlobsAsync(int port)
    {
        _blobs = await StartAsync("blob", port);
        Address = _blobs.Address;
    }

    async Task StartTablesAsync(int port)
    {
        _tables = await StartAsync("table", port);
        _tablesAddress = _tables.Address;
    }

    Task<Service> StartAsync(string what, int port) =>
        Service.StartAsync(what, _host, port, _packages, _folder.File(""), $"{Account}:{Key}");

    /// <summary>A process that serves a kind of storage.</summary>
    sealed class Service : IDisposable
    {
        /// <summary>
        /// What the services say when they listen: of blobs and of tables not the same, and of tables without the protocol.
        /// </summary>
        static readonly string[] Ready = ["successfully listens on ", "successfully started on "];

        readonly Process _process;

        Service(Process process, Uri address) => (_process, Address) = (process, address);

        public Uri Address { get; }

        public static async Task<Service> StartAsync(string what, string host, int port, string packages, string folder, string account)
        {
            var start = new ProcessStartInfo("node",
            [
                "--require", Path.Combine(AppContext.BaseDirectory, "Support", "azurite-crash.cjs"),
                Path.Combine(packages, "node_modules", "azurite", "dist", "src", what, "main.js"), $"--{what}Host", host, $"--{what}Port",
                port.ToString(CultureInfo.InvariantCulture),
                "--location", folder, "--silent", "--disableTelemetry", "--disableProductStyleUrl",
            ])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["AZURITE_PACKAGES"] = packages;
            start.Environment["AZURITE_ACCOUNTS"] = account;
            var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                if (Ready.FirstOrDefault(ready => line.Contains(ready, StringComparison.Ordinal)) is { } ready)
                {
                    _ = process.StandardOutput.ReadToEndAsync(); // a full pipe would stop it
                    var address = line[(line.IndexOf(ready, StringComparison.Ordinal) + ready.Length)..].Trim();
                    return new Service(
                        process, new Uri(address.Contains("://", StringComparison.Ordinal) ? $"{address}/" : $"http://{address}/"));
                }
            }

            using (process)
                throw new IOException($"Azurite did not start: {await error}");
        }

        public async Task KillAsync()
        {
            using var kill = Process.Start("kill", ["-USR2", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
                _process.WaitForExit();
            }

            _process.Dispose();
        }
    }
}
