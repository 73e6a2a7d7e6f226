using HeadScope.Grains;
using HeadScope.Grains.Contracts;
using HeadScope.Grains.Engine;
using HeadScope.Grains.Hosting;
using HeadScope.Jobs;
using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Records;
using HeadScope.Silo.Dashboard;
using Orleans.Dashboard;

namespace HeadScope.Silo.Hosting;

/// <summary>Makes a server a silo, or a client of silos, and adds the engine that works there.</summary>
internal static class EngineHosting
{
    public static void AddEngine(this WebApplicationBuilder builder, SiloOptions options)
    {
        builder.Logging.AddFilter("Orleans", LogLevel.Warning);
        // At each start it warns of a stall as long as the machine's uptime.
        builder.Logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
        builder.Logging.AddFilter("Polly", LogLevel.Warning);
        var cluster = options.Cluster with { Device = options.Engine?.DeviceKind };
        if (options.IsClusterClient)
            builder.AddClient(cluster, client => client.AddDashboard(OrleansDashboard.Configure));
        else
            builder.AddSilo(cluster, silo => silo.AddDashboard(OrleansDashboard.Configure));
        builder.Services.AddSingleton(provider => new GrainSettings(
            options.Engine, (job, cause) => provider.GetRequiredService<JobTroubles>().Report(new JobFolder(job), cause)));
        var model = cluster.Device is { } device && !options.IsClusterClient ? IModelGrain.KeyOf(device, cluster.SiloName) : null;
        builder.Services.AddSingleton<IJobEngine>(provider => new OrleansJobEngine(
            provider.GetRequiredService<IGrainFactory>(), provider.GetRequiredService<JobStore>(), model, TimeProvider.System));
        builder.Services.AddHostedService<EngineService>(); // after the silo: it is stopped before
    }
}
