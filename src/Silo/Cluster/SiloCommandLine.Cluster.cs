using System.CommandLine;
using System.Net;
using HeadScope.Grains.Hosting;
using HeadScope.Silo.Hosting;

namespace HeadScope.Silo.Commands;

internal static partial class SiloCommandLine
{
    /// <summary>A connection string may hold a password: command lines are seen by everyone on a machine.</summary>
    const string PostgresVariable = "HEADSCOPE_POSTGRES";

    static partial void AddCluster(RootCommand root, List<Func<ParseResult, SiloOptions, SiloOptions>> refinements)
    {
        var defaults = new MembershipSettings();
        var cluster = Choice("--cluster", $"Work in a cluster: silos of this machine, or silos that find each other in the PostgreSQL database of {PostgresVariable}.", "none", "localhost", "postgres");
        var role = Choice("--role", "worker: a silo, with workers unless --workers is 0. gateway: serves the API of a cluster from outside.", "worker", "gateway");
        var id = new Option<string>("--cluster-id") { Description = "Of clusters that share a database, which.", DefaultValueFactory = _ => ClusterSettings.DefaultId };
        var address = new Option<IPAddress>("--silo-address")
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
        var siloPort = Number("--silo-port", "The port for other silos.", ClusterSettings.DefaultSiloPort, 1, 65535);
        var gatewayPort = Number("--gateway-port", "The port for clients; of a gateway on this machine, that of the silo it turns to.", ClusterSettings.DefaultGatewayPort, 1, 65535);
        var primaryPort = Number("--primary-port", "With --cluster localhost: the silo port of the silo that was first.", ClusterSettings.DefaultSiloPort, 1, 65535);
        var probe = Number("--probe-timeout", "Milliseconds between probes of a silo, and for their answers.", (int)defaults.ProbeTimeout.TotalMilliseconds, 100, 60000);
        var missed = Number("--missed-probes", "Probes in a row without an answer that make a silo suspect.", defaults.MissedProbes, 1, 100);
        var votes = Number("--death-votes", "Silos that must suspect one.", defaults.Votes, 1, 100);
        var indirect = new Option<bool>("--indirect-probes") { Description = "Ask a third silo first." };
        var refresh = Number("--table-refresh", "Seconds between looks at the table of silos.", (int)defaults.TableRefresh.TotalSeconds, 1, 3600);
        foreach (var option in new Option[] { cluster, role, id, address, siloPort, gatewayPort, primaryPort, probe, missed, votes, indirect, refresh })
            root.Add(option);
        refinements.Add((parsed, options) => parsed.GetValue(cluster) == "none" ? options : options with
        {
            IsClusterClient = parsed.GetValue(role) == "gateway",
            Engine = parsed.GetValue(role) == "gateway" ? null : options.Engine,
            Cluster = new ClusterSettings
            {
                ClusterId = parsed.GetRequiredValue(id),
                Postgres = parsed.GetValue(cluster) == "postgres" ? Postgres() : null,
                Address = parsed.GetRequiredValue(address),
                SiloPort = parsed.GetValue(siloPort),
                GatewayPort = parsed.GetValue(gatewayPort),
                PrimaryPort = parsed.GetValue(primaryPort),
                Membership = new MembershipSettings
                {
                    ProbeTimeout = TimeSpan.FromMilliseconds(parsed.GetValue(probe)),
                    MissedProbes = parsed.GetValue(missed),
                    Votes = parsed.GetValue(votes),
                    IndirectProbes = parsed.GetValue(indirect),
                    TableRefresh = TimeSpan.FromSeconds(parsed.GetValue(refresh)),
                },
            },
        });

        var schema = new Command("schema", $"Create, in the PostgreSQL database of {PostgresVariable}, the tables in which silos find each other.");
        schema.SetAction(async (_, cancellation) =>
        {
            await MembershipSchema.ApplyAsync(Postgres(), cancellation).ConfigureAwait(false);
            return 0;
        });
        root.Add(schema);
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
