using System.Net;
using System.Net.Sockets;

namespace HeadScope.Silo.Hosting;

/// <summary>Ports for silos that share a machine: the first has the usual ones, which the others then find taken.</summary>
internal static class LocalPorts
{
    /// <summary>The usual port or, where it is taken, one that is free.</summary>
    public static int FreeOr(int usual) => TryBind(usual) ?? TryBind(0)!.Value;

    static int? TryBind(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
