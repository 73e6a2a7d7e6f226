using HeadScope.Jobs;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Roots;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Store;
using HeadScope.Silo.Api;
using HeadScope.Silo.Dashboard;
using HeadScope.Silo.Security;
using HeadScope.Silo.Telemetry;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Logging.Console;

namespace HeadScope.Silo.Hosting;

/// <summary>The server, put together.</summary>
internal static class SiloApplication
{
    /// <summary>What a stopping host is given beyond the engine's drain, to close its connections.</summary>
    static readonly TimeSpan ShutdownMargin = TimeSpan.FromSeconds(10);

    static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(15);

    /// <exception cref="InvalidDataException">The options contradict each other or name what is not there.</exception>
    /// <exception cref="StoreException">The store cannot be used.</exception>
    public static async Task<WebApplication> BuildAsync(SiloOptions options, CancellationToken cancellation = default)
    {
        var addresses = ListenGuard.Check(options.Listen, options.Keys is not null);
        var keys = new ServerKeys(options.Keys is null ? null : new ApiKeyFile(options.Keys, TimeProvider.System));
        _ = keys.File?.Keys; // a missing or damaged file is said now, not at the first request
        var store = await BlobStores.OpenAsync(options.Store, create: true, cancellation).ConfigureAwait(false);

        // Settings lie beside the program: a file in whatever folder it is started from must not configure it.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        ListenGuard.CheckCertificate(addresses, builder.Configuration);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        // Why it did not start is said by the command line.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        // Colours are commands to a terminal.
        builder.Services.Configure<SimpleConsoleFormatterOptions>(console => console.ColorBehavior = LoggerColorBehavior.Disabled);
        builder.WebHost.UseUrls([.. addresses.Select(address => address.Text)]).UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes;
            kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Drain + ShutdownMargin);
        AddServices(builder, options, keys, store);

        var app = builder.Build();
        if (options.Cluster.Certificate is { } certificate)
            certificate.Report = app.Services.GetRequiredService<CertificateTroubles>().Report;
        if (keys.File is { } file)
            file.Changed = app.Services.GetRequiredService<AuditLog>().KeysChanged;
        app.Use(SafeHeaders.AddAsync);
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector = cause => cause switch
            {
                BadHttpRequestException bad => bad.StatusCode, // too large, too slow
                IOException => StatusCodes.Status503ServiceUnavailable, // the store
                _ => StatusCodes.Status500InternalServerError,
            },
            SuppressDiagnosticsCallback = context => context.Exception is BadHttpRequestException, // the caller's: it would fill the log
        });
        app.UseStatusCodePages();
        if (keys.File is null)
            app.Use(Loopback.OnlyAsync);
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.MapJobs();
        app.MapOpenApi("/openapi/v1.json").AllowAnonymous();
        app.MapGet("/health/live", () => Results.Text("alive"))
            .AllowAnonymous().DisableRateLimiting().DisableHttpMetrics().ExcludeFromDescription();
        app.MapGet("/health/ready", async (Readiness readiness, CancellationToken cancellation) =>
            await readiness.WhyNotAsync(cancellation) is { } reason ? Results.Problem(reason, statusCode: StatusCodes.Status503ServiceUnavailable) : Results.Text("ready"))
            .AllowAnonymous().DisableRateLimiting().DisableHttpMetrics().ExcludeFromDescription();
        app.MapMetrics(isOpen: options.OpenMetrics || keys.File is null);
        app.MapDashboard();
        app.MapOrleans();
        return app;
    }

    static void AddServices(WebApplicationBuilder builder, SiloOptions options, ServerKeys keys, IBlobStore store)
    {
        var services = builder.Services;
        services.AddSingleton(options);
        services.AddSingleton(keys);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(store);
        builder.AddPrometheus();
        services.AddSingleton<JobStore>();
        services.AddSingleton<JobStatusReader>();
        services.AddSingleton<JobSubmissions>();
        services.AddSingleton<JobMonitor>();
        services.AddSingleton<JobEvents>();
        services.AddSingleton<PreviewReader>();
        services.AddSingleton<Readiness>();
        services.AddSingleton<AuditLog>();
        services.AddHostedService<ListenGuard>();
        services.AddSingleton<EngineFault>();
        var roots = new InputRoots(options.ModelRoots, options.TokenRoots);
        options = options with { Engine = options.Engine is null ? null : options.Engine with { Models = options.Models, Roots = roots } };
        services.AddSingleton(provider => new JobIntake(
            provider.GetRequiredService<JobSubmissions>(), options.Models, () => new JobRequestReader(roots, options.AllowHub)));
        services.AddSingleton<JobTroubles>();
        services.AddSingleton<CertificateTroubles>();
        builder.AddEngine(options);
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JobJson.Options.PropertyNamingPolicy;
            json.SerializerOptions.DefaultIgnoreCondition = JobJson.Options.DefaultIgnoreCondition;
            json.SerializerOptions.NumberHandling = JobJson.Options.NumberHandling;
            json.SerializerOptions.AllowDuplicateProperties = JobJson.Options.AllowDuplicateProperties;
            foreach (var converter in JobJson.Options.Converters)
                json.SerializerOptions.Converters.Add(converter);
        });
        services.AddProblemDetails();
        services.AddOpenApi("v1", OpenApiDescription.Configure);
        // Keys need none of the cookies' key rings.
        services.AddAuthenticationCore(authentication => authentication.DefaultScheme = ApiKeyAuthentication.SchemeName);
        services.AddWebEncoders();
        new AuthenticationBuilder(services)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, null);
        var authorization = services.AddAuthorizationBuilder();
        foreach (var role in Enum.GetNames<Role>())
            authorization.AddPolicy(role, policy => policy.RequireRole(role));
        authorization.SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.AddRateLimiter(limits => RateLimits.Add(limits, options.RequestsPerMinute, options.SubmissionsPerMinute));
    }
}
