using HeadScope.Grains.Engine;
using HeadScope.Grains.Hosting;
using HeadScope.Grains.Hosting.Clustering;
using HeadScope.Jobs;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Store;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HeadScope.Benchmarks;

/// <summary>Workers whose leases the grains of a silo keep, in a process of its own; here is a client of it.</summary>
internal static class ScaleOnGrains
{
    public static async Task RunAsync(
        int workers, int processes, TimeSpan sleep, string folder, IBlobStore store, ResolvedJob job, string program)
    {
        // The silo needs a worker to be where previews are made, but must leave the shards to the workers here.
        var reader = new JobStatusReader(new JobStore(store), TimeProvider.System);
        await reader.WriteControlAsync(new JobFolder(job.Spec.Id), JobControl.Default with { Paused = true }, default);
        using var silo = System.Diagnostics.Process.Start("dotnet", [program, "--store", folder, "--cluster", "localhost", "--insecure-silo-ports", "--workers", "1", "--listen", "http://127.0.0.1:0"]);
        try
        {
            var builder = Host.CreateApplicationBuilder();
            builder.Logging.ClearProviders();
            builder.AddClient(new ClusterSettings { Kind = new LocalhostCluster() });
            using var client = builder.Build();
            await client.StartAsync();
            var grains = client.Services.GetRequiredService<IGrainFactory>();
            var address = (await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Keys.Single();
            await Scale.RunAsync($"grains of one silo over {folder}", workers, sleep, store, job, silo, [.. Enumerable.Range(0, processes).Select(i =>
            {
                var (jobFolder, units) = (new JobFolder(job.Spec.Id), new JobUnits(job.Plan, WeightsColumns: false));
                var claims = new BlobClaims(store, jobFolder, TimeProvider.System, BlobClaims.DefaultDuration, Scale.Host(i));
                return new UnitLeases(store, jobFolder, units, claims, new GrainDispatcher(grains, address, jobFolder, units));
            })]);
            await client.StopAsync();
        }
        finally
        {
            silo.Kill();
        }
    }
}
