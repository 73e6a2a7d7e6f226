using System.Net;
using System.Net.Sockets;

namespace HeadScope.Data.Hub;

/// <summary>How far away an address is: what only this machine, or only its network, can reach is the nearer.</summary>
internal enum Nearness
{
    /// <summary>Loopback, link-local (where clouds tell machines their secrets), unspecified.</summary>
    Machine,

    /// <summary>Private networks.</summary>
    Network,

    World,
}

/// <summary>
/// Connects to a hub, and to hosts that it redirects to as long as they are no nearer than the hub itself. A hub elsewhere could otherwise
/// have this machine ask what nobody outside can: its own services, or those of its network.
/// </summary>
/// <remarks>
/// What is judged is the address that is then connected to, not a name that may mean another a moment later. Where a proxy stands between,
/// that is connected to, and only redirects that name an address are judged.
/// </remarks>
internal sealed class HubReach(Uri endpoint)
{
    Nearness? _ofEndpoint;

    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    /// <exception cref="HubException">The host is too near.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellation).ConfigureAwait(false);
        var (host, target) = (context.DnsEndPoint.Host, context.InitialRequestMessage.RequestUri);
        if (target is not null && host == target.IdnHost.Trim('[', ']') && !IsEndpoint(host))
            await CheckAsync(target, addresses, cancellation).ConfigureAwait(false);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Looks at a redirect before it is followed: at an address that it names.</summary>
    /// <exception cref="HubException">The address is too near.</exception>
    public async ValueTask CheckAsync(Uri target, CancellationToken cancellation)
    {
        if (!IsEndpoint(target.IdnHost) && IPAddress.TryParse(target.IdnHost.Trim('[', ']'), out var address))
            await CheckAsync(target, [address], cancellation).ConfigureAwait(false);
    }

    internal static Nearness Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address) || address.IsIPv6LinkLocal || address.Equals(IPAddress.IPv6Any))
            return Nearness.Machine;
        if (address.AddressFamily != AddressFamily.InterNetwork)
            return address.IsIPv6UniqueLocal || address.IsIPv6SiteLocal ? Nearness.Network : Nearness.World;
        return address.GetAddressBytes() switch
        {
            [0, ..] or [169, 254, ..] => Nearness.Machine,
            [10, ..] or [172, >= 16 and <= 31, ..] or [192, 168, ..] or [100, >= 64 and <= 127, ..] => Nearness.Network,
            _ => Nearness.World,
        };
    }

    bool IsEndpoint(string host) => host == endpoint.IdnHost.Trim('[', ']');

    async ValueTask CheckAsync(Uri target, IPAddress[] addresses, CancellationToken cancellation)
    {
        _ofEndpoint ??= await OfEndpointAsync(cancellation).ConfigureAwait(false);
        if (addresses.Any(address => Of(address) < _ofEndpoint))
        {
            throw new HubException(
                HubFault.Refused,
                $"{HubAnswers.Show(endpoint).TrimEnd('/')}: redirects to {HubAnswers.Show(target)}, which is nearer to this machine than "
                + "the hub is: nothing was asked there. Do not trust this hub, or check HF_ENDPOINT.");
        }
    }

    /// <summary>Of the nearest of its addresses. Where the name means nothing here, a proxy knows it: then it is far away.</summary>
    async Task<Nearness> OfEndpointAsync(CancellationToken cancellation)
    {
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(endpoint.IdnHost, cancellation).ConfigureAwait(false);
            return addresses.Select(Of).DefaultIfEmpty(Nearness.World).Min();
        }
        catch (SocketException)
        {
            return Nearness.World;
        }
    }
}
