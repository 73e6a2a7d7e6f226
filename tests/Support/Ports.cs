using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HeadScope.Tests.Support;

/// <summary>Ports of this machine.</summary>
internal static class Ports
{
    const string Listening = "0A";

    /// <summary>A TCP port that nobody uses.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public static string FreeText() => Free().ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// What a process can be reached at, its TCP sockets that listen and its UDP sockets: as <c>PROTOCOL ADDRESS:PORT</c>, the address in
    /// the kernel's hexadecimal digits.
    /// </summary>
    public static IReadOnlyList<string> BoundBy(int process)
    {
        var proc = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}");
        var sockets = Directory.GetFileSystemEntries($"{proc}/fd").Select(fd => new FileInfo(fd).LinkTarget).OfType<string>().ToHashSet();
        return
        [
            .. new[] { "tcp", "tcp6", "udp", "udp6" }.SelectMany(protocol => File.ReadLines($"{proc}/net/{protocol}").Skip(1)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)) // its number, local and remote address, state, ..., inode
                .Where(fields => (fields[3] == Listening || protocol.StartsWith("udp", StringComparison.Ordinal))
                    && sockets.Contains($"socket:[{fields[9]}]"))
                .Select(fields => $"{protocol} {fields[1].Split(':')[0]}:{int.Parse(fields[1].Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture)}")),
        ];
    }
}
