using System.Diagnostics;

namespace HeadScope.Tests.Support;

/// <summary>A PostgreSQL server with a folder of its own. Skips the test, with the reason, where Debian's is not installed.</summary>
internal sealed class PostgresServer : IDisposable
{
    const string Versions = "/usr/lib/postgresql";
    const string User = "postgres"; // root may not run it

    readonly TemporaryFolder _folder;
    readonly string _programs;

    readonly string _options;

    PostgresServer(TemporaryFolder folder, string programs, string host, string port)
    {
        (_folder, _programs) = (folder, programs);
        _options = $"-p {port} -k /tmp -c listen_addresses={host} -c fsync=off";
        ConnectionString = $"Host={host};Port={port};Username={User};Database=postgres";
    }

    public string ConnectionString { get; }

    /// <summary>What tells a silo of it.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["HEADSCOPE_POSTGRES"] = ConnectionString };

    /// <param name="hosts">Who may connect beside this machine.</param>
    public static PostgresServer Start(NetworkHosts? hosts = null)
    {
        var programs = Directory.Exists(Versions) ? Directory.GetDirectories(Versions).Order(StringComparer.Ordinal)
            .Select(version => Path.Combine(version, "bin")).LastOrDefault(bin => File.Exists(Path.Combine(bin, "initdb"))) : null;
        Skip.If(programs is null, "PostgreSQL is not installed (Debian's package 'postgresql').");
        Skip.If(!System.Environment.IsPrivilegedProcess, $"Only root can become '{User}', as whom PostgreSQL runs.");
        var folder = new TemporaryFolder();
        Run("chown", User, Path.GetDirectoryName(folder.File("data"))!);
        AsUser($"{programs}/initdb -D {folder.File("data")} -A trust -U {User} --no-sync");
        if (hosts is not null)
            File.AppendAllText(folder.File("data/pg_hba.conf"), $"host all all {hosts.Subnet} trust\n");
        var server = new PostgresServer(folder, programs!, hosts?.Here ?? "127.0.0.1", Ports.FreeText());
        server.StartAgain();
        return server;
    }

    /// <summary>Ends it as a crash would.</summary>
    public void Kill() => AsUser($"{_programs}/pg_ctl -D {_folder.File("data")} -m immediate stop");

    /// <summary>Starts it where it was, with what it had committed.</summary>
    public void StartAgain() => AsUser($"{_programs}/pg_ctl -D {_folder.File("data")} -l {_folder.File("log")} -w -o '{_options}' start");

    public void Dispose()
    {
        Kill();
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
