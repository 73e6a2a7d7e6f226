using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using HeadScope.Grains.Hosting.Clustering;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Store.AzureStorage;
using HeadScope.Jobs.Telemetry;
using HeadScope.Jobs.Work;
using HeadScope.Silo.Hosting;
using HeadScope.Silo.Telemetry;

namespace HeadScope.Silo.Commands;

/// <summary>headscope-silo: the server, and its keys.</summary>
internal static class SiloCommandLine
{
    const int Failed = 1;
    const int BadArguments = 2;

    public static async Task<int> RunAsync(string[] args)
    {
        var root = Serve();
        root.Add(KeysCommand.Create());
        root.Add(CertificateCommand.Create());
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync($"headscope-silo: {AzureLocation.WithoutSignatures(error.Message)}").ConfigureAwait(false);
            await Console.Error.WriteLineAsync("See 'headscope-silo --help'.").ConfigureAwait(false);
            return BadArguments;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidJobException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"headscope-silo: {e.Message}").ConfigureAwait(false);
            return Failed;
        }
    }

    static RootCommand Serve()
    {
        var store = new Option<string>("--store") { Description = "Where the jobs are kept.", Required = true, HelpName = BlobStores.LocationHelp };
        var listen = new Option<string>("--listen") { Description = "Addresses, separated by semicolons.", HelpName = "URL", DefaultValueFactory = _ => SiloOptions.DefaultListen };
        var models = new Option<string[]>("--models") { Description = "A folder in which callers may name models. May be given several times.", HelpName = "DIR" };
        var tokens = new Option<string[]>("--tokens") { Description = "A folder in which callers may name token files. May be given several times.", HelpName = "DIR" };
        var hub = new Option<bool>("--hub") { Description = "Let callers name models of the Hugging Face hub; they are downloaded into this machine's cache." };
        var keys = new Option<string?>("--keys") { Description = "The file of API keys. Without it, only this machine is answered.", HelpName = "FILE" };
        var openMetrics = new Option<bool>("--open-metrics") { Description = "Answer /metrics without a key." };
        var workers = Number("--workers", "Shards scored at a time by the managed backend; 0 leaves the work to others.", Environment.ProcessorCount, 0, 4096);
        var backend = new Option<string>("--backend")
        {
            Description = "What computes: managed, on this machine's processors, or torch, on them or CUDA devices, by libtorch.",
            HelpName = string.Join('|', ComputeBackends.Names),
            DefaultValueFactory = _ => ComputeBackends.Names[0],
        };
        var device = new Option<string?>("--device") { Description = "Devices of the backend, such as cpu, cuda:0 or cuda:0..7. The default is every CUDA device or, without any, cpu.", HelpName = "NAMES" };
        var libtorch = new Option<string?>("--libtorch")
        {
            Description = "With --backend torch: the folder of libtorch 2.10, such as torch/lib of a Python environment. "
                + "The default is $HEADSCOPE_LIBTORCH or, without it, beside this program.",
            HelpName = "DIR",
        };
        var threads = Number("--threads", "Threads in all.", Environment.ProcessorCount, 1, 4096);
        var batch = Number("--batch-size", "Sequences scored together.", EngineOptions.DefaultBatchSize, 1, 4096);
        var resident = Number("--resident-models", "Models kept in memory at a time, on each device.", 2, 1, 64);
        var lease = Number("--lease", "Seconds without a sign of life after which others take over a worker's shard.", (int)BlobClaims.DefaultDuration.TotalSeconds, 1, 86400);
        var drain = Number("--drain", "Seconds that a stopping server gives shards in work.", 60, 0, 86400);
        var requests = Number("--requests-per-minute", "Requests a caller may make.", SiloOptions.DefaultRequestsPerMinute, 1, 1_000_000);
        var submissions = Number("--submissions-per-minute", "Jobs a caller may submit.", SiloOptions.DefaultSubmissionsPerMinute, 1, 1_000_000);
        var root = new RootCommand("""
            Serves jobs over HTTP and works on them.

            Example:
              headscope-silo --store /data/headscope --models /data/models --tokens /data/tokens
            """)
        {
            store, listen, models, tokens, hub, keys, openMetrics, workers, backend, device, libtorch, threads, batch, resident, lease, drain, requests, submissions,
        };
        var cluster = new ClusterCommandOptions();
        cluster.AddTo(root);
        root.SetAction(async (parsed, cancellation) =>
        {
            if (AzureLocation.WarningOf(parsed.GetRequiredValue(store)) is { } warning)
                await Console.Error.WriteLineAsync($"headscope-silo: {warning}").ConfigureAwait(false);
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
                Engine = parsed.GetValue(workers) == 0 ? null : new EngineOptions
                {
                    Devices = ComputeBackends.Find(parsed.GetRequiredValue(backend), parsed.GetValue(device), parsed.GetValue(libtorch)),
                    Workers = parsed.GetValue(workers),
                    Threads = parsed.GetValue(threads),
                    BatchSize = parsed.GetValue(batch),
                    ResidentModels = parsed.GetValue(resident),
                    LeaseDuration = TimeSpan.FromSeconds(parsed.GetValue(lease)),
                },
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
            throw new InvalidDataException($"{app.Configuration["Kestrel:Certificates:Default:Path"]}: this is no certificate with its key for HTTPS ({e.Message.TrimEnd('.')}). Expected PEM files, which Kestrel__Certificates__Default__Path and Kestrel__Certificates__Default__KeyPath name.", e);
        }
        catch (Exception e) when (e is not (IOException or InvalidDataException) && options.Cluster.Kind is not SingleSilo && !started.IsCancellationRequested)
        {
            throw new IOException($"The cluster '{options.Cluster.ClusterId}' was not joined: {e.Message.Split('\n')[0].Trim()} {options.Cluster.Kind.Hint}", e);
        }

        if (fault.Cause is not { } cause)
            return 0;
        await Console.Error.WriteLineAsync($"headscope-silo: the engine failed: {cause.Message}").ConfigureAwait(false);
        return Failed;
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
            await app.StopAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // a silo that did not start cannot be stopped
            if (isToldToStop)
                return false;
            throw;
        }
    }

    internal static Option<int> Number(string name, string description, int otherwise, int lowest, int highest) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => otherwise,
        Validators =
        {
            result =>
            {
                // What does not parse is reported by the parser.
                if (result.Tokens is [var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) && (value < lowest || value > highest))
                    result.AddError($"{name}: {value} is out of range; expected {lowest} to {highest}.");
            },
        },
    };
}
