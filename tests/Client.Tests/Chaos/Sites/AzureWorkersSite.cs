using System.Globalization;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store.AzureStorage;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Chaos.Sites;

/// <summary>The same over an Azure container, on a way there on which some requests and answers are lost.</summary>
internal sealed class AzureWorkersSite : WorkersSite
{
    const double Unreliable = 0.01; // of the requests; each costs its caller a second or so

    static readonly Fault[] Faults = [Fault.LoseRequest, Fault.LoseResponse, Fault.CutResponse, Fault.ServerError, Fault.Busy, Fault.Delay];

    readonly Azurite _azurite;
    readonly FaultyProxy _proxy;
    readonly Lock _gate = new();
    int _lost;

    AzureWorkersSite(int seed, Azurite azurite, FaultyProxy proxy)
    {
        (_azurite, _proxy) = (azurite, proxy);
        var random = new Random(seed);
        proxy.Plan = _ =>
        {
            lock (_gate)
            {
                var fault = random.NextDouble() < Unreliable ? Faults[random.Next(Faults.Length)] : Fault.None;
                _lost += fault is Fault.LoseResponse or Fault.CutResponse ? 1 : 0;
                return fault;
            }
        };
        Environment[AzureLocation.ConnectionStringVariable] = azurite.ConnectionString(proxy.Address);
    }

    public override string Store => "azure://jobs";

    public override IEnumerable<string> Secrets => [_azurite.Key];

    public override string Report =>
        string.Create(
            CultureInfo.InvariantCulture, $"{_proxy.Requests} requests, {_proxy.Broken} broken, of which {_lost} had been carried out");

    public static async Task<AzureWorkersSite> CreateAsync(int seed)
    {
        var azurite = await Azurite.StartAsync();
        return new AzureWorkersSite(seed, azurite, await FaultyProxy.StartAsync(azurite.Address));
    }

    public override async Task<JobStore> OpenJobsAsync() =>
        new(await AzureBlobStore.OpenAsync(AzureLocation.Parse(Store, _ => _azurite.ConnectionString()), create: true));

    public override IReadOnlyList<Blow> Blows(Swarm swarm) =>
        [.. base.Blows(swarm), Blow.StoreOutage(1, ChaosSetting.LongestOutage, _azurite.KillAsync, _azurite.StartAgainAsync)];

    public override async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _azurite.Dispose();
        await base.DisposeAsync();
    }
}
