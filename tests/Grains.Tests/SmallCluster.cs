using System.Collections.Concurrent;
using HeadScope.Grains.Contracts;
using HeadScope.Grains.Engine;
using HeadScope.Grains.Hosting;
using HeadScope.Jobs;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Work;
using HeadScope.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace HeadScope.Grains.Tests;

/// <summary>
/// Three silos in this process over one store: one labelled cpu, one cuda (which computes on processors all the same), one gateway.
/// </summary>
internal sealed class SmallCluster : IAsyncDisposable
{
    const string StoreSetting = "store";

    static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    static readonly ConcurrentDictionary<string, ConcurrentQueue<(string Job, string Message)>> Reports = new(); // by store

    readonly TemporaryFolder _folder;
    readonly TestCluster _cluster;

    SmallCluster(TemporaryFolder folder, TestCluster cluster)
    {
        (_folder, _cluster) = (folder, cluster);
        Jobs = new JobStore(new FileBlobStore(folder.File("store")));
    }

    public const string Cpu = "Primary";
    public const string Cuda = "Secondary_1";
    public const string Gateway = "Secondary_2";

    public JobStore Jobs { get; }

    /// <summary>What silos said went wrong with jobs.</summary>
    public IReadOnlyCollection<(string Job, string Message)> Told => Reports[_folder.File("store")];

    public IGrainFactory Grains => _cluster.GrainFactory;

    public IServiceProvider Services => _cluster.ServiceProvider;

    public static async Task<SmallCluster> StartAsync()
    {
        var folder = new TemporaryFolder();
        var builder = new TestClusterBuilder(3);
        builder.Properties[StoreSetting] = folder.File("store");
        Reports[folder.File("store")] = new();
        builder.AddSiloBuilderConfigurator<Configurator>();
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new SmallCluster(folder, cluster);
    }

    public async Task<JobFolder> SubmitAsync(JobRequest request)
    {
        var job = await Jobs.SubmitAsync(JobResolver.Resolve(request), default);
        await Grains.GetGrain<IJobQueueGrain>(IJobQueueGrain.Key).ChangedAsync(job.Id);
        return job;
    }

    public Task StartWorkAsync() => Task.WhenAll(StartWorkAsync("cpu", Cpu), StartWorkAsync("cuda", Cuda));

    /// <summary>A silo that lives.</summary>
    public async Task<SiloAddress> AnySiloAsync() => (await Grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Keys.First();

    public async Task<Manifest> UntilDoneAsync(JobFolder job, Func<Task>? meanwhile = null)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            if (await Jobs.ManifestAsync(job, limit.Token) is { } manifest)
                return manifest;
            if (meanwhile is not null)
                await meanwhile();
            await Task.Delay(50, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.StopAllSilosAsync();
        await _cluster.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Asks until there is an answer, as a server does.</summary>
    async Task StartWorkAsync(string device, string silo)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (await Tries.OrNullAsync(() => Grains.GetGrain<IModelGrain>(IModelGrain.KeyOf(device, silo)).StartAsync()) is null)
            await Task.Delay(50, limit.Token);
    }

    sealed class Configurator : ISiloConfigurator
    {
        public void Configure(ISiloBuilder siloBuilder)
        {
            var name = siloBuilder.Configuration["Orleans:Name"]!;
            var device = name switch { Cpu => "cpu", Cuda => "cuda", _ => null };
            siloBuilder.AddGrainServices(name, device);
            siloBuilder.Services.AddSingleton(TimeProvider.System);
            siloBuilder.Services.AddSingleton(new JobStore(new FileBlobStore(siloBuilder.Configuration[StoreSetting]!)));
            siloBuilder.Services.AddSingleton(new GrainSettings(
                device is null ? null : new EngineOptions { Workers = 1, Threads = 1, LeaseDuration = TimeSpan.FromSeconds(2) },
                (job, cause) => Reports[siloBuilder.Configuration[StoreSetting]!].Enqueue((job, cause.Message))));
        }
    }
}
