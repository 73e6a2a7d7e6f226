using System.Diagnostics;
using System.Globalization;

namespace HeadScope.Tests.Support;

/// <summary>
/// Hosts with a network of their own on this machine: network namespaces that a bridge connects with each other and with this machine.
/// Skips the test, with the reason, where they cannot be made.
/// </summary>
internal sealed class NetworkHosts : IDisposable
{
    const string Program = "/usr/sbin/ip";

    readonly string _bridge;
    readonly string _subnet;
    readonly int _count;

    NetworkHosts(string bridge, string subnet, int count) => (_bridge, _subnet, _count) = (bridge, subnet, count);

    /// <summary>This machine, as the hosts see it.</summary>
    public string Here => $"{_subnet}.1";

    /// <summary>The addresses that the hosts have, in the notation of PostgreSQL.</summary>
    public string Subnet => $"{_subnet}.0/24";

    public static NetworkHosts Create(int count)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && File.Exists(Program), "'ip' is not installed (Debian's package 'iproute2').");
        Skip.IfNot(Environment.IsPrivilegedProcess, "Only root can make network namespaces.");
        var number = Random.Shared.Next(1 << 16);
        var hosts = new NetworkHosts(
            string.Create(CultureInfo.InvariantCulture, $"hs{number:x4}"),
            string.Create(CultureInfo.InvariantCulture, $"10.{number >> 8}.{number & 0xff}"), count);
        if (Run($"link add {hosts._bridge} type bridge") is { } refusal)
            Skip.If(true, $"A network bridge cannot be made here: {refusal}");
        try
        {
            Must($"address add {hosts.Here}/24 dev {hosts._bridge}");
            Must($"link set {hosts._bridge} up");
            for (var host = 0; host < count; host++)
                hosts.Add(host);
            return hosts;
        }
        catch (Exception)
        {
            hosts.Dispose();
            throw;
        }
    }

    /// <summary>A host's address.</summary>
    public string Address(int host) => string.Create(CultureInfo.InvariantCulture, $"{_subnet}.{host + 2}");

    /// <summary>What stands before a command that is to run on a host.</summary>
    public string[] On(int host) => [Program, "netns", "exec", Name(host)];

    /// <summary>Takes a host's cable out: what it sends is lost, and nothing reaches it.</summary>
    public void Cut(int host) => Must($"link set {Cable(host)} down");

    public void Mend(int host) => Must($"link set {Cable(host)} up");

    public void Dispose()
    {
        for (var host = 0; host < _count; host++)
            Run($"netns delete {Name(host)}"); // and its cable with it
        Run($"link delete {_bridge}");
    }

    void Add(int host)
    {
        Must($"netns add {Name(host)}");
        Must($"link add {Cable(host)} type veth peer name eth0 netns {Name(host)}");
        Must($"link set {Cable(host)} master {_bridge} up");
        Must($"-n {Name(host)} address add {Address(host)}/24 dev eth0");
        Must($"-n {Name(host)} link set eth0 up");
        Must($"-n {Name(host)} link set lo up");
    }

    string Name(int host) => string.Create(CultureInfo.InvariantCulture, $"{_bridge}h{host}");

    string Cable(int host) => string.Create(CultureInfo.InvariantCulture, $"{_bridge}c{host}");

    static void Must(string command)
    {
        if (Run(command) is { } refusal)
            Assert.Fail($"ip {command}: {refusal}");
    }

    /// <returns>Null, or why not.</returns>
    static string? Run(string command)
    {
        using var process = Process.Start(new ProcessStartInfo(Program, command.Split(' ')) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : error.Trim();
    }
}
