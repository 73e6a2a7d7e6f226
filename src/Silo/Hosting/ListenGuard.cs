using HeadScope.Silo.Security;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace HeadScope.Silo.Hosting;

/// <summary>
/// Sees that a server without keys listens on loopback alone: by the addresses that it is given, and again by those that it is bound to,
/// which Kestrel's own configuration may have changed. A server that is found elsewhere does not start.
/// </summary>
internal sealed class ListenGuard(IServer server, ServerKeys keys) : IHostedLifecycleService
{
    /// <exception cref="InvalidDataException">An address cannot be listened on, or lies beyond loopback while there are no
    /// keys.</exception>
    public static IReadOnlyList<ListenAddress> Check(string listen, bool hasKeys)
    {
        var addresses = listen.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(ListenAddress.Parse).ToList();
        if (!hasKeys && addresses.Where(address => !address.IsLoopback).ToList() is { Count: > 0 } open)
            throw new InvalidDataException(
                $"--listen {open[0].Text} is open to other machines, and there are no API keys. Give --keys FILE (make one with " +
                $"'headscope-silo keys add'), or listen on 127.0.0.1.");
        return addresses;
    }

    /// <exception cref="InvalidDataException">There is an address for HTTPS, and no certificate.</exception>
    public static void CheckCertificate(IEnumerable<ListenAddress> addresses, IConfiguration configuration)
    {
        var certificate = configuration.GetSection("Kestrel:Certificates:Default");
        if (certificate["Path"] is null && certificate["Subject"] is null
            && addresses.Where(address => address.IsHttps).ToList() is { Count: > 0 } secure)
            throw new InvalidDataException(
                $"--listen {secure[0].Text}: there is no certificate for HTTPS. Name one in the environment, as PEM: " +
                $"Kestrel__Certificates__Default__Path=FILE and Kestrel__Certificates__Default__KeyPath=FILE; or listen on http:// " +
                $"behind a proxy that has one.");
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (var address in server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
        {
            if (keys.File is null && !ListenAddress.Parse(address).IsLoopback)
                throw new InvalidDataException(
                    $"The server was bound to {address}, which is open to other machines, and there are no API keys. Kestrel's " +
                    $"configuration says so (Kestrel__Endpoints__* in the environment, or appsettings.json beside the program): take it " +
                    $"out and give --listen, or give --keys FILE.");
        }

        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
