using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace HeadScope.Grains.Hosting.Clustering;

/// <summary>
/// A silo that is a cluster of itself: it has no port, so nobody can reach it or join it. Calls to its own grains need none.
/// </summary>
public sealed record SingleSilo : ClusterKind
{
    public override string Hint => "Start it again: it has nobody to join.";

    internal override void Configure(ISiloBuilder silo, ClusterSettings settings)
    {
        silo.UseLocalhostClustering(gatewayPort: 0, serviceId: ClusterSettings.ServiceId, clusterId: Guid.NewGuid().ToString("N"));
        CloseListeners(silo.Services);
    }

    internal override void Configure(IClientBuilder client, ClusterSettings settings) =>
        throw new InvalidOperationException("A single silo has no clients: nobody can reach it.");

    /// <summary>Orleans gets the sockets that it listens on from these services, one for silos and one for clients.</summary>
    static void CloseListeners(IServiceCollection services)
    {
        var listeners = services.Where(service => service.IsKeyedService && service.ServiceType == typeof(IConnectionListenerFactory))
            .ToList();
        if (listeners.Count == 0)
            throw new InvalidOperationException(
                "This version of Orleans listens in a way that is not known here: its ports cannot be closed.");
        foreach (var listener in listeners)
        {
            services.Remove(listener);
            services.AddKeyedSingleton<IConnectionListenerFactory, ClosedListeners>(listener.ServiceKey);
        }
    }

    /// <summary>Listeners that bind nothing and accept nobody.</summary>
    sealed class ClosedListeners : IConnectionListenerFactory
    {
        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
            new(new ClosedListener(endpoint));
    }

    sealed class ClosedListener(EndPoint endpoint) : IConnectionListener
    {
        readonly TaskCompletionSource<ConnectionContext?> _unbound = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EndPoint EndPoint => endpoint;

        /// <summary>Nobody comes; null once the listener is unbound, which ends the loop that accepts.</summary>
        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            new(_unbound.Task.WaitAsync(cancellationToken));

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _unbound.TrySetResult(null);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}
