using System.Net;

namespace HeadScope.Silo.Security;

/// <summary>Without keys a server is for its own machine alone.</summary>
internal static class ListenGuard
{
    /// <exception cref="InvalidDataException">An address is none, or lies beyond loopback while there are no keys.</exception>
    public static void Check(string listen, bool hasKeys)
    {
        foreach (var address in listen.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Uri.TryCreate(address.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal), UriKind.Absolute, out var uri)
                || uri.Scheme is not ("http" or "https"))
                throw new InvalidDataException($"--listen {address}: this is no address. Expected one such as {Hosting.SiloOptions.DefaultListen}.");
            var loopback = uri.Host == "localhost" || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
            if (!loopback && !hasKeys)
                throw new InvalidDataException($"--listen {address} is open to other machines, and there are no API keys. Give --keys FILE (make one with 'headscope-silo keys add'), or listen on 127.0.0.1.");
        }
    }
}
