using System.Globalization;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Chaos.Sites;

/// <summary>
/// Three silos, each on a host with a network of its own, which speak mutual TLS. In every fourth run, where libfaketime is installed
/// (Debian's package 'faketime'), their clocks are apart; it makes them slow.
/// </summary>
internal abstract class ClusterSite(NetworkHosts hosts, int seed) : Site
{
    const string Cluster = "chaos";
    const string FakeTime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

    /// <summary>Long enough for a lease to lapse, and for the others to hold the silo for dead.</summary>
    static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(10);

    /// <summary>How far each clock is from this machine's, in seconds.</summary>
    static readonly int[] Clocks = [0, 90, -90];

    readonly bool _clocksAreApart = seed % 4 == 0 && File.Exists(FakeTime);
    int _starts;

    /// <summary>The hosts that the silos run on.</summary>
    protected NetworkHosts Hosts => hosts;

    /// <summary>Options that say where silos find each other.</summary>
    protected abstract string[] Membership { get; }

    public override string Report => _clocksAreApart ? "clocks 180 s apart" : "one clock";

    public override Swarm Start(string inputs) =>
        new(mayEnd: true, [.. Clocks.Select((_, host) => (Func<HeadScopeProcess>)(() => Start(host, inputs)))]);

    public override IReadOnlyList<Blow> Blows(Swarm swarm) =>
    [
        Blow.Kill(swarm, 4), Blow.Stop(swarm, 4, LongestStop), Blow.Replace(swarm, 2), Blow.Cut(
            hosts, swarm, 4, LongestStop + ChaosSetting.LongestOutage),
    ];

    public override ValueTask DisposeAsync()
    {
        hosts.Dispose();
        return base.DisposeAsync();
    }

    /// <summary>Makes what silos show each other.</summary>
    protected async Task IssueCertificateAsync()
    {
        var (code, _, error) = await HeadScopeProcess.RunServerAsync(
            "certificate", "--out", PathOf("certificates"), "--cluster-id", Cluster);
        Assert.True(code == 0, error);
    }

    HeadScopeProcess Start(int host, string inputs)
    {
        var environment = new Dictionary<string, string>(Environment);
        if (_clocksAreApart)
        {
            environment["LD_PRELOAD"] = FakeTime;
            environment["FAKETIME"] = string.Create(CultureInfo.InvariantCulture, $"{Clocks[host]:+0;-0}");
            environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        }

        var release = ChaosSetting.OtherRelease is { } other && int.IsOddInteger(_starts++) ? other : AppContext.BaseDirectory;
        return HeadScopeProcess.StartServerOn(hosts.On(host), release, environment,
        [
            "--store", Store, "--models", Fixture.PathOf("neox-tiny"), "--tokens", inputs, "--workers", "1", "--threads", "1", "--lease",
            "4",
            .. Membership, "--cluster-id", Cluster, "--silo-address", hosts.Address(host), "--table-refresh", "2",
            "--silo-certificate", PathOf("certificates/silo.pem"), "--silo-authority", PathOf("certificates/authority.pem"),
        ]);
    }
}
