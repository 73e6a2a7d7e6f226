using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using HeadScope.CommandLine;
using HeadScope.Grains.Hosting;
using HeadScope.Grains.Hosting.Clustering;
using HeadScope.Grains.Hosting.Security;
using HeadScope.Jobs.Store.AzureStorage;
using HeadScope.Silo.Hosting;

namespace HeadScope.Silo.Commands;

/// <summary>The options that say which cluster a server is in, and the command that makes a database ready for one.</summary>
internal sealed class ClusterCommandOptions
{
    /// <summary>A connection string may hold a password: command lines are seen by everyone on a machine.</summary>
    const string PostgresVariable = "HEADSCOPE_POSTGRES";

    const string Single = "single";
    const string Localhost = "localhost";
    const string Postgres = "postgres";
    const string Azure = "azure";
    const string Gateway = "gateway";

    readonly Option<string> _cluster = Choice(
        "--cluster",
        $"Who works together. single: this server alone, which no other process can reach or join. localhost: silos of this machine. " +
        $"postgres: silos that find each other in the PostgreSQL database of {PostgresVariable}. azure: silos that find each other in " +
        $"the tables of the store's storage account.",
        Single, Localhost, Postgres, Azure);

    readonly Option<string> _role = Choice(
        "--role", "worker: a silo, with workers unless --workers is 0. gateway: serves the API of a cluster from outside.", "worker",
        Gateway);

    readonly Option<string> _id = new("--cluster-id")
    {
        Description = "The cluster's name, for which its certificates are issued: of clusters that share a database, which.",
        DefaultValueFactory = _ => ClusterSettings.DefaultId,
    };

    readonly Option<IPAddress> _address = new("--silo-address")
    {
        Description = "Where other silos reach this one.",
        HelpName = "IP",
        DefaultValueFactory = _ => IPAddress.Loopback,
        CustomParser = result =>
        {
            if (IPAddress.TryParse(result.Tokens[0].Value, out var parsed))
                return parsed;
            result.AddError($"--silo-address {result.Tokens[0].Value}: expected an IP address of this machine.");
            return null;
        },
    };

    readonly Option<int> _siloPort = NumberOption.Create(
        "--silo-port", "The port for other silos. With --cluster localhost, a silo that finds it taken takes another, unless it is given.",
        ClusterSettings.DefaultSiloPort, 1, 65535);

    readonly Option<int> _gatewayPort = NumberOption.Create(
        "--gateway-port", "The port for clients, likewise; of a gateway on this machine, that of the silo it turns to.",
        ClusterSettings.DefaultGatewayPort, 1, 65535);

    readonly Option<int> _primaryPort = NumberOption.Create(
        "--primary-port", "With --cluster localhost: the silo port of the silo that was first.", ClusterSettings.DefaultSiloPort, 1, 65535);

    readonly Option<string?> _certificate = new("--silo-certificate")
    {
        Description = "This silo's certificate with its key, as PEM: what it shows to other silos and clients. It is read again when it " +
            "has changed.",
        HelpName = "FILE",
    };

    readonly Option<string?> _authority = new("--silo-authority")
    {
        Description = "The certificate of the cluster's authority, as PEM: who has none of its certificates can neither call nor join.",
        HelpName = "FILE",
    };

    readonly Option<bool> _insecure = new("--insecure-silo-ports")
    {
        Description = "Trust whoever reaches the ports for silos and clients, instead of asking for certificates.",
    };

    readonly Option<int> _probe = NumberOption.Create(
        "--probe-timeout", "Milliseconds between probes of a silo, and for their answers.", (int)Defaults.ProbeTimeout.TotalMilliseconds,
        100, 60000);

    readonly Option<int> _missed = NumberOption.Create(
        "--missed-probes", "Probes in a row without an answer that make a silo suspect.", Defaults.MissedProbes, 1, 100);

    readonly Option<int> _votes = NumberOption.Create("--death-votes", "Silos that must suspect one.", Defaults.Votes, 1, 100);

    readonly Option<bool> _indirect = new("--indirect-probes") { Description = "Ask a third silo first." };

    readonly Option<int> _refresh = NumberOption.Create(
        "--table-refresh", "Seconds between looks at the table of silos.", (int)Defaults.TableRefresh.TotalSeconds, 1, 3600);

    static FailureDetection Defaults { get; } = new();

    /// <summary>Those that mean nothing to a server by itself.</summary>
    IEnumerable<Option> OfClusters =>
        [_role, _id, _address, _siloPort, _gatewayPort, _primaryPort, _certificate, _authority, _insecure, _probe, _missed, _votes, _indirect, _refresh];

    public void AddTo(RootCommand root)
    {
        _id.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is var id && !IsName(id))
                result.AddError(NameFault(id));
        });
        foreach (var option in OfClusters.Prepend(_cluster))
            root.Add(option);
        root.Validators.Add(Check);
        root.Add(Schema());
    }

    /// <summary>The options of a server, with its place in a cluster.</summary>
    /// <exception cref="InvalidDataException">What the options name is not there, or not what it should be.</exception>
    public SiloOptions Apply(ParseResult parsed, SiloOptions options)
    {
        var kind = parsed.GetRequiredValue(_cluster);
        if (kind == Single)
            return options;
        var isGateway = parsed.GetValue(_role) == Gateway;
        var ports = kind == Localhost && !isGateway;
        var id = parsed.GetRequiredValue(_id);
        return options with
        {
            IsClusterClient = isGateway,
            Engine = isGateway ? null : options.Engine,
            Cluster = new ClusterSettings
            {
                Kind = kind switch
                {
                    Localhost => new LocalhostCluster(parsed.GetValue(_primaryPort)),
                    Postgres => new PostgresCluster(ConnectionString()),
                    _ => new AzureCluster(AzureLocation.Parse(options.Store, Environment.GetEnvironmentVariable)),
                },
                ClusterId = id,
                Address = parsed.GetRequiredValue(_address),
                SiloPort = ports && IsImplicit(parsed, _siloPort) ? LocalPorts.FreeOr(
                    parsed.GetValue(_primaryPort)) : parsed.GetValue(_siloPort),
                GatewayPort = ports && IsImplicit(parsed, _gatewayPort) ? LocalPorts.FreeOr(
                    parsed.GetValue(_gatewayPort)) : parsed.GetValue(_gatewayPort),
                Certificate = parsed.GetValue(_certificate) is { } file ? ClusterCertificate.Open(
                    file, parsed.GetValue(_authority)!, id, TimeProvider.System) : null,
                FailureDetection = new FailureDetection
                {
                    ProbeTimeout = TimeSpan.FromMilliseconds(parsed.GetValue(_probe)),
                    MissedProbes = parsed.GetValue(_missed),
                    Votes = parsed.GetValue(_votes),
                    IndirectProbes = parsed.GetValue(_indirect),
                    TableRefresh = TimeSpan.FromSeconds(parsed.GetValue(_refresh)),
                },
            },
        };
    }

    /// <summary>Whether a text can be the name of a cluster: it is a DNS name of the cluster's certificates.</summary>
    internal static bool IsName(string? text) => text is not null && text.Length <= 63 && text.Length > 0
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-') && char.IsAsciiLetterOrDigit(text[0])
            && char.IsAsciiLetterOrDigit(text[^1]);

    internal static string NameFault(string? id) =>
        $"--cluster-id {id}: expected 1 to 63 lower-case letters, digits and hyphens, as in a host's name.";

    void Check(CommandResult result)
    {
        var kind = result.GetValue(_cluster) ?? Single;
        if (kind == Single)
        {
            foreach (var option in OfClusters.Where(option => result.GetResult(option) is { Implicit: false }))
                result.AddError($"{option.Name} is for a cluster: give --cluster {Localhost}, {Postgres} or {Azure}, or leave it out.");
            return;
        }

        var (certificate, authority, insecure) = (result.GetValue(_certificate), result.GetValue(_authority), result.GetValue(_insecure));
        if (certificate is null != authority is null)
            result.AddError(
                "--silo-certificate and --silo-authority go together: what this silo shows to others, and what it asks of them.");
        else if (certificate is null && !insecure)
            result.AddError($"--cluster {kind}: whoever reaches the ports for silos and clients is obeyed. Give --silo-certificate and --silo-authority ('headscope-silo certificate' makes both), or --insecure-silo-ports where all who reach them are trusted.");
        else if (certificate is not null && insecure)
            result.AddError(
                "--silo-certificate asks everybody for a certificate, and --insecure-silo-ports nobody: leave one of them out.");
    }

    static Command Schema()
    {
        var schema = new Command(
            "schema", $"Create, in the PostgreSQL database of {PostgresVariable}, the tables in which silos find each other.");
        schema.SetAction(async (_, cancellation) =>
        {
            await MembershipSchema.ApplyAsync(ConnectionString(), cancellation).ConfigureAwait(false);
            return 0;
        });
        return schema;
    }

    static string ConnectionString() => Environment.GetEnvironmentVariable(PostgresVariable) is { Length: > 0 } connection
        ? connection
        : throw new InvalidDataException($"{PostgresVariable} is not set: expected the connection string of a PostgreSQL database, such " +
            $"as 'Host=db;Database=headscope;Username=headscope'.");

    static bool IsImplicit(ParseResult parsed, Option option) => parsed.GetResult(option) is not { Implicit: false };

    static Option<string> Choice(string name, string description, params string[] values)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => values[0] };
        return option.AcceptOnlyFromAmong(values);
    }
}
