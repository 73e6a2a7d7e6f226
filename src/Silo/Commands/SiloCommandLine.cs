using System.CommandLine;
using System.Security.Cryptography;
using HeadScope.CommandLine;
using HeadScope.Grains.Hosting.Clustering;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Store.AzureStorage;
using HeadScope.Jobs.Telemetry;
using HeadScope.Silo.Hosting;
using HeadScope.Silo.Telemetry;

namespace HeadScope.Silo.Commands;

/// <summary>headscope-silo: the server, and its keys.</summary>
internal static class SiloCommandLine
{
    const string Program = "headscope-silo";

    public static Task<int> RunAsync(string[] args)
    {
        var root = Serve();
        root.Add(KeysCommand.Create());
        root.Add(CertificateCommand.Create());
        return new CommandRunner(Program, root).RunAsync(args);
    }

    static RootCommand Serve()
    {
        var store = new Option<string>("--store")
        {
            Description = "Where the jobs are kept.",
            Required = true,
            HelpName = BlobStores.LocationHelp,
        };
        var listen = new Option<string>("--listen")
        {
            Description = "Addresses, separated by semicolons.",
            HelpName = "URL",
            DefaultValueFactory = _ => SiloOptions.DefaultListen,
        };
        var models = new Option<string[]>("--models")
        {
            Description = "A folder in which callers may name models. May be given several times.",
            HelpName = "DIR",
        };
        var tokens = new Option<string[]>("--tokens")
        {
            Description = "A folder in which callers may name token files. May be given several times.",
            HelpName = "DIR",
        };
        var hub = new Option<bool>("--hub")
        {
            Description = "Let callers name models of the Hugging Face hub; they are downloaded into this machine's cache.",
        };
        var keys = new Option<string?>("--keys")
        {
            Description = "The file of API keys. Without it, only this machine is answered.",
            HelpName = "FILE",
        };
        var openMetrics = new Option<bool>("--open-metrics") { Description = "Answer /metrics without a key." };
        var engine = new EngineOptionSet(mayLeaveWork: true);
        var resident = NumberOption.Create("--resident-models", "Models kept in memory at a time, on each device.", 2, 1, 64);
        var drain = EngineOptionSet.Drain("Seconds that a stopping server gives shards in work.");
        var requests = NumberOption.Create(
            "--requests-per-minute", "Requests a caller may make.", SiloOptions.DefaultRequestsPerMinute, 1, 1_000_000);
        var submissions = NumberOption.Create(
            "--submissions-per-minute", "Jobs a caller may submit.", SiloOptions.DefaultSubmissionsPerMinute, 1, 1_000_000);
        var root = new RootCommand("""
            Serves jobs over HTTP and works on them.

            Example:
              headscope-silo --store /data/headscope --models /data/models --tokens /data/tokens
            """)
        {
            store, listen, models, tokens, hub, keys, openMetrics, resident, drain, requests, submissions,
        };
        engine.AddTo(root);
        var cluster = new ClusterCommandOptions();
        cluster.AddTo(root);
        root.SetAction(async (parsed, cancellation) =>
        {
            if (AzureLocation.WarningOf(parsed.GetRequiredValue(store)) is { } warning)
                await Console.Error.WriteLineAsync($"{Program}: {warning}").ConfigureAwait(false);
            var options = cluster.Apply(parsed, new SiloOptions
            {
                Store = parsed.GetRequiredValue(store),
                Listen = parsed.GetRequiredValue(listen),
                ModelRoots = parsed.GetValue(models) ?? [],
                TokenRoots = parsed.GetValue(tokens) ?? [],
                AllowHub = parsed.GetValue(hub),
                Keys = parsed.GetValue(keys),
                OpenMetrics = parsed.GetValue(openMetrics),
                Drain = TimeSpan.FromSeconds(parsed.GetValue(drain)),
                RequestsPerMinute = parsed.GetValue(requests),
                SubmissionsPerMinute = parsed.GetValue(submissions),
                Engine = engine.Works(parsed) ? engine.Of(parsed) with { ResidentModels = parsed.GetValue(resident) } : null,
            });
            using var export = OtlpExport.FromEnvironment(metrics => metrics.AddServer(), traces => traces.AddServer());
            return await ServeAsync(options, cancellation).ConfigureAwait(false);
        });
        return root;
    }

    /// <summary>Serves until told to stop, or until the engine fails.</summary>
    /// <returns>The exit code.</returns>
    internal static async Task<int> ServeAsync(SiloOptions options, CancellationToken cancellation)
    {
        await using var app = await SiloApplication.BuildAsync(options, cancellation).ConfigureAwait(false);
        var (started, fault) = (app.Lifetime.ApplicationStarted, app.Services.GetRequiredService<EngineFault>());
        try
        {
            if (await TryStartAsync(app, cancellation).ConfigureAwait(false))
                await app.WaitForShutdownAsync(cancellation).ConfigureAwait(false);
        }
        catch (CryptographicException e) when (!started.IsCancellationRequested)
        {
            throw new InvalidDataException(
                $"{app.Configuration["Kestrel:Certificates:Default:Path"]}: this is no certificate with its key for HTTPS " +
                $"({e.Message.TrimEnd('.')}). Expected PEM files, which Kestrel__Certificates__Default__Path and " +
                $"Kestrel__Certificates__Default__KeyPath name.", e);
        }
        catch (Exception e) when (e is not (IOException or InvalidDataException) && options.Cluster.Kind is not SingleSilo
            && !started.IsCancellationRequested)
        {
            throw new IOException(
                $"The cluster '{options.Cluster.ClusterId}' was not joined: {e.Message.Split('\n')[0].Trim()} {options.Cluster.Kind.Hint}",
                e);
        }

        if (fault.Cause is not { } cause)
            return ExitCode.Done;
        await Console.Error.WriteLineAsync($"{Program}: the engine failed: {cause.Message}").ConfigureAwait(false);
        return ExitCode.Failed;
    }

    /// <summary>Starts all parts or, where one does not start, stops the others in order.</summary>
    /// <returns>False where it was told to stop meanwhile.</returns>
    static async Task<bool> TryStartAsync(WebApplication app, CancellationToken cancellation)
    {
        try
        {
            await app.StartAsync(cancellation).ConfigureAwait(false);
            return true;
        }
        catch
        {
            var isToldToStop = app.Lifetime.ApplicationStopping.IsCancellationRequested || cancellation.IsCancellationRequested;
            // A silo that did not start cannot be stopped.
            await app.StopAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (isToldToStop)
                return false;
            throw;
        }
    }
}
