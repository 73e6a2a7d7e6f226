using System.CommandLine;
using System.Net;
using HeadScope.Grains.Hosting;
using HeadScope.Silo.Hosting;

namespace HeadScope.Silo.Commands;

/// <summary>The options that say which cluster a server is in, and the command that makes a database ready for one.</summary>
internal sealed class ClusterCommandOptions
{
    /// <summary>A connection string may hold a password: command lines are seen by everyone on a machine.</summary>
    const string PostgresVariable = "HEADSCOPE_POSTGRES";

    readonly Option<string> _cluster = Choice(
        "--cluster", $"Work in a cluster: silos of this machine, or silos that find each other in the PostgreSQL database of {PostgresVariable}.",
        "none", "localhost", "postgres");

    readonly Option<string> _role = Choice(
        "--role", "worker: a silo, with workers unless --workers is 0. gateway: serves the API of a cluster from outside.", "worker", "gateway");

    readonly Option<string> _id = new("--cluster-id")
    {
        Description = "Of clusters that share a database, which.",
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

    readonly Option<int> _siloPort = SiloCommandLine.Number("--silo-port", "The port for other silos.", ClusterSettings.DefaultSiloPort, 1, 65535);

    readonly Option<int> _gatewayPort = SiloCommandLine.Number(
        "--gateway-port", "The port for clients; of a gateway on this machine, that of the silo it turns to.", ClusterSettings.DefaultGatewayPort, 1, 65535);

    readonly Option<int> _primaryPort = SiloCommandLine.Number(
        "--primary-port", "With --cluster localhost: the silo port of the silo that was first.", ClusterSettings.DefaultSiloPort, 1, 65535);

    readonly Option<int> _probe = SiloCommandLine.Number(
        "--probe-timeout", "Milliseconds between probes of a silo, and for their answers.", (int)Defaults.ProbeTimeout.TotalMilliseconds, 100, 60000);

    readonly Option<int> _missed = SiloCommandLine.Number(
        "--missed-probes", "Probes in a row without an answer that make a silo suspect.", Defaults.MissedProbes, 1, 100);

    readonly Option<int> _votes = SiloCommandLine.Number("--death-votes", "Silos that must suspect one.", Defaults.Votes, 1, 100);

    readonly Option<bool> _indirect = new("--indirect-probes") { Description = "Ask a third silo first." };

    readonly Option<int> _refresh = SiloCommandLine.Number(
        "--table-refresh", "Seconds between looks at the table of silos.", (int)Defaults.TableRefresh.TotalSeconds, 1, 3600);

    static MembershipSettings Defaults { get; } = new();

    public void AddTo(RootCommand root)
    {
        foreach (var option in new Option[] { _cluster, _role, _id, _address, _siloPort, _gatewayPort, _primaryPort, _probe, _missed, _votes, _indirect, _refresh })
            root.Add(option);
        root.Add(Schema());
    }

    /// <summary>The options of a server, with its place in a cluster.</summary>
    public SiloOptions Apply(ParseResult parsed, SiloOptions options) => parsed.GetValue(_cluster) == "none" ? options : options with
    {
        IsClusterClient = parsed.GetValue(_role) == "gateway",
        Engine = parsed.GetValue(_role) == "gateway" ? null : options.Engine,
        Cluster = new ClusterSettings
        {
            ClusterId = parsed.GetRequiredValue(_id),
            Postgres = parsed.GetValue(_cluster) == "postgres" ? Postgres() : null,
            Address = parsed.GetRequiredValue(_address),
            SiloPort = parsed.GetValue(_siloPort),
            GatewayPort = parsed.GetValue(_gatewayPort),
            PrimaryPort = parsed.GetValue(_primaryPort),
            Membership = new MembershipSettings
            {
                ProbeTimeout = TimeSpan.FromMilliseconds(parsed.GetValue(_probe)),
                MissedProbes = parsed.GetValue(_missed),
                Votes = parsed.GetValue(_votes),
                IndirectProbes = parsed.GetValue(_indirect),
                TableRefresh = TimeSpan.FromSeconds(parsed.GetValue(_refresh)),
            },
        },
    };

    static Command Schema()
    {
        var schema = new Command("schema", $"Create, in the PostgreSQL database of {PostgresVariable}, the tables in which silos find each other.");
        schema.SetAction(async (_, cancellation) =>
        {
            await MembershipSchema.ApplyAsync(Postgres(), cancellation).ConfigureAwait(false);
            return 0;
        });
        return schema;
    }

    static string Postgres() => Environment.GetEnvironmentVariable(PostgresVariable) is { Length: > 0 } connection
        ? connection
        : throw new InvalidDataException($"{PostgresVariable} is not set: expected the connection string of a PostgreSQL database, such as 'Host=db;Database=headscope;Username=headscope'.");

    static Option<string> Choice(string name, string description, params string[] values)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => values[0] };
        return option.AcceptOnlyFromAmong(values);
    }
}
