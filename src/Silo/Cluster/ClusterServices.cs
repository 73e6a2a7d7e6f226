using HeadScope.Grains;
using HeadScope.Grains.Contracts;
using HeadScope.Grains.Engine;
using HeadScope.Grains.Hosting;
using HeadScope.Jobs;
using HeadScope.Jobs.Pool;
using HeadScope.Silo.Api;
using HeadScope.Silo.Hosting;

namespace HeadScope.Silo.Cluster;

/// <summary>The engine of a server that works in a cluster.</summary>
internal static class ClusterServices
{
    public static void AddClusterEngine(this WebApplicationBuilder builder, ClusterSettings cluster, SiloOptions options)
    {
        builder.Logging.AddFilter("Orleans", LogLevel.Warning);
        cluster = cluster with { Device = options.Engine?.DeviceKind };
        if (options.IsClusterClient)
            builder.AddClient(cluster);
        else
            builder.AddSilo(cluster);
        builder.Services.AddSingleton(provider => new GrainSettings(
            options.Engine, (job, cause) => provider.GetRequiredService<JobTroubles>().Report(new JobFolder(job), cause)));
        builder.Services.AddSingleton<IPreviewReader, ClusterPreviews>();
        var model = cluster.Device is { } device && !options.IsClusterClient ? IModelGrain.KeyOf(device, cluster.SiloName) : null;
        builder.Services.AddSingleton<IJobEngine>(provider => new OrleansJobEngine(
            provider.GetRequiredService<IGrainFactory>(), provider.GetRequiredService<JobStore>(), model, TimeProvider.System));
        builder.Services.AddHostedService<EngineService>(); // after the silo: it is stopped before
    }
}
