using System.Diagnostics;
using System.Globalization;

namespace HeadScope.Tests.Support;

/// <summary>A PostgreSQL server with a folder of its own. Skips the test, with the reason, where Debian's is not installed.</summary>
internal sealed class PostgresServer : IDisposable
{
    const string Versions = "/usr/lib/postgresql";
    const string User = "postgres"; // root may not run it

    readonly TemporaryFolder _folder;
    readonly string _programs;

    PostgresServer(TemporaryFolder folder, string programs, int port) =>
        (_folder, _programs, ConnectionString) = (folder, programs, $"Host=127.0.0.1;Port={port.ToString(CultureInfo.InvariantCulture)};Username={User};Database=postgres");

    public string ConnectionString { get; }

    /// <summary>What tells a silo of it.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["HEADSCOPE_POSTGRES"] = ConnectionString };

    public static PostgresServer Start()
    {
        var programs = Directory.Exists(Versions) ? Directory.GetDirectories(Versions).Order(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")).LastOrDefault(bin => File.Exists(Path.Combine(bin, "initdb"))) : null;
        Skip.If(programs is null, "PostgreSQL is not installed (Debian's package 'postgresql').");
        Skip.If(!System.Environment.IsPrivilegedProcess, $"Only root can become '{User}', as whom PostgreSQL runs.");
        var folder = new TemporaryFolder();
        Run("chown", User, Path.GetDirectoryName(folder.File("data"))!);
        var port = Ports.Free();
        AsUser($"{programs}/initdb -D {folder.File("data")} -A trust -U {User} --no-sync");
        AsUser($"{programs}/pg_ctl -D {folder.File("data")} -l {folder.File("log")} -w -o '-p {port.ToString(CultureInfo.InvariantCulture)} -k /tmp -c listen_addresses=127.0.0.1 -c fsync=off' start");
        return new PostgresServer(folder, programs!, port);
    }

    public void Dispose()
    {
        AsUser($"{_programs}/pg_ctl -D {_folder.File("data")} -m immediate stop");
        _folder.Dispose();
    }

    static void AsUser(string command) => Run("su", User, "-s", "/bin/sh", "-c", $"{command} >/dev/null 2>&1");

    static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }
}
