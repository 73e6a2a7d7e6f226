using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using HeadScope.Grains.Contracts;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Work;
using HeadScope.Silo.Hosting;
using HeadScope.Silo.Security;
using HeadScope.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace HeadScope.Silo.Tests;

/// <summary>A server on a free port, with a store of its own, the fixtures' models, and a key for each role.</summary>
internal sealed class RunningSilo : IAsyncDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    readonly TemporaryFolder _folder;
    readonly WebApplication _app;

    RunningSilo(TemporaryFolder folder, WebApplication app, Dictionary<Role, string> secrets)
    {
        (_folder, _app, Secrets) = (folder, app, secrets);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Anonymous = new HttpClient { BaseAddress = Address };
    }

    public Uri Address { get; }

    public IReadOnlyDictionary<Role, string> Secrets { get; }

    /// <summary>A client without a key.</summary>
    public HttpClient Anonymous { get; }

    public string StoreFolder => _folder.File("store");

    public JobStore Jobs => _app.Services.GetRequiredService<JobStore>();

    public static async Task<RunningSilo> StartAsync(
        bool keys = true, Func<SiloOptions, SiloOptions>? configure = null, TemporaryFolder? folder = null)
    {
        folder ??= new TemporaryFolder();
        var secrets = new Dictionary<Role, string>();
        var keyFile = folder.File("keys.json");
        if (keys && !File.Exists(keyFile))
        {
            var file = new ApiKeyFile(keyFile, TimeProvider.System);
            foreach (var role in Enum.GetValues<Role>())
                secrets[role] = file.Add($"the-{role.ToString().ToLowerInvariant()}", role);
        }

        var options = new SiloOptions
        {
            Listen = "http://127.0.0.1:0",
            Store = folder.File("store"),
            ModelRoots = [Fixture.PathOf("neox-tiny")],
            TokenRoots = [Fixture.PathOf("neox-tiny")],
            Keys = keys ? keyFile : null,
            Engine = new EngineOptions { Workers = 2, Threads = 2, LeaseDuration = TimeSpan.FromSeconds(2) },
        };
        var app = await SiloApplication.BuildAsync(configure?.Invoke(options) ?? options);
        await app.StartAsync();
        return new RunningSilo(folder, app, secrets);
    }

    public HttpClient As(Role role)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Secrets[role]);
        return client;
    }

    public async Task<JsonElement> SubmitAsync(object job, Role role = Role.Submitter)
    {
        using var client = Secrets.Count > 0 ? As(role) : new HttpClient { BaseAddress = Address };
        using var response = await client.PostAsJsonAsync("/v1/jobs", job);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(response.IsSuccessStatusCode, body.ToString());
        return body;
    }

    /// <summary>Waits until a job is in one of some states.</summary>
    public async Task<JsonElement> UntilAsync(string id, params string[] states)
    {
        using var client = Secrets.Count > 0 ? As(Role.Reader) : new HttpClient { BaseAddress = Address };
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var job = await client.GetFromJsonAsync<JsonElement>($"/v1/jobs/{id}", limit.Token);
            if (states.Contains(job.GetProperty("state").GetString()))
                return job;
            await Task.Delay(100, limit.Token);
        }
    }

    /// <summary>Has its workers lease nothing more, as a member of its cluster could.</summary>
    public Task DrainWorkersAsync()
    {
        var options = _app.Services.GetRequiredService<SiloOptions>();
        return _app.Services.GetRequiredService<IGrainFactory>()
            .GetGrain<IModelGrain>(IModelGrain.KeyOf(options.Engine!.DeviceKind, options.Cluster.SiloName)).DrainAsync(abort: false);
    }

    /// <summary>Stops the server as a signal would, leaving its store.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Anonymous.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Dispose();
    }
}
