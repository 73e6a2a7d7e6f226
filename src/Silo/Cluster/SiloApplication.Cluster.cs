using HeadScope.Grains;
using HeadScope.Grains.Contracts;
using HeadScope.Grains.Engine;
using HeadScope.Grains.Hosting;
using HeadScope.Jobs;
using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Telemetry;
using HeadScope.Silo.Api;
using HeadScope.Silo.Cluster;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace HeadScope.Silo.Hosting;

internal static partial class SiloApplication
{
    static partial void AddCluster(WebApplicationBuilder builder, SiloOptions options, ref bool clustered)
    {
        builder.Services.AddSingleton(Sdk.CreateMeterProviderBuilder().AddMeter(OtlpExport.Meters).AddPrometheusExporter().Build());
        if (options.Cluster is not { } cluster)
            return;
        clustered = true;
        builder.Logging.AddFilter("Orleans", LogLevel.Warning);
        cluster = cluster with { Device = options.Engine?.DeviceKind };
        if (options.IsClusterClient)
            builder.AddClient(cluster);
        else
            builder.AddSilo(cluster);
        builder.Services.AddSingleton(provider => new GrainSettings(
            options.Engine, (job, cause) => provider.GetRequiredService<JobTroubles>().Report(new JobFolder(job), cause)));
        builder.Services.AddSingleton<JobTroubles>();
        builder.Services.AddSingleton<IPreviewReader, ClusterPreviews>();
        var model = cluster.Device is { } device && !options.IsClusterClient ? IModelGrain.KeyOf(device, cluster.SiloName) : null;
        builder.Services.AddSingleton<IJobEngine>(provider => new OrleansJobEngine(
            provider.GetRequiredService<IGrainFactory>(), provider.GetRequiredService<JobStore>(), model, TimeProvider.System));
        builder.Services.AddHostedService<EngineService>(); // after the silo: it is stopped before
    }

    static partial void AddClusterMetrics(WebApplication app, ref Delegate? metrics)
    {
        var exporter = ((IEndpointRouteBuilder)app).CreateApplicationBuilder()
            .UseOpenTelemetryPrometheusScrapingEndpoint(app.Services.GetRequiredService<MeterProvider>(), _ => true, null, null, null).Build();
        metrics = Task (HttpContext context) => exporter(context);
    }
}
