using System.CommandLine;
using HeadScope.Client.Telemetry;
using HeadScope.CommandLine;

namespace HeadScope.Client.Commands;

/// <summary>The options of verbs that do a job's work.</summary>
internal sealed class MetricsOptionSet
{
    readonly Option<int?> _port = new("--metrics-port")
    {
        Description = "Show Prometheus metrics on this port, at /metrics; 0 takes a free one and says which.",
        HelpName = "N",
        Validators = { result => NumberOption.Check(result, 0, 65535) },
    };

    readonly Option<string> _address = new("--metrics-address")
    {
        Description = "The address or name of this machine to show them on; * for all. The default is reached from this machine only.",
        HelpName = "ADDRESS",
        DefaultValueFactory = _ => MetricsEndpoint.Loopback,
    };

    readonly Option<double> _linger = NumberOption.Create<double>(
        "--metrics-linger", "Seconds to stay at the end, at the most, until the final numbers have been scraped.", 0, 0, 3600);

    public void AddTo(Command command)
    {
        command.Add(_port);
        command.Add(_address);
        command.Add(_linger);
    }

    /// <summary>Null where no port was given.</summary>
    public MetricsOptions? Of(ParseResult parsed) => parsed.GetValue(_port) is { } port
        ? new MetricsOptions(port, parsed.GetRequiredValue(_address), TimeSpan.FromSeconds(parsed.GetValue(_linger)))
        : null;
}
