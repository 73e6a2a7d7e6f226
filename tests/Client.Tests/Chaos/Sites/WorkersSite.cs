using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Chaos.Sites;

/// <summary>Two workers and a server that share a folder.</summary>
internal class WorkersSite : Site
{
    const double ShortLease = 1; // seconds

    static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(2.5 * ShortLease);

    public override Swarm Start(string inputs)
    {
        string[] common = ["--store", Store, "--workers", "2", "--threads", "1", "--lease", $"{ShortLease}"];
        string[] server =
        [
            .. common, "--models", Fixture.PathOf("neox-tiny"), "--tokens", inputs, "--listen", $"http://127.0.0.1:{Ports.FreeText()}",
        ];
        return new Swarm(
            mayEnd: false,
            () => HeadScopeProcess.Start(Environment, ["work", "--wait", .. common]),
            () => HeadScopeProcess.Start(Environment, ["work", "--wait", .. common]),
            () => HeadScopeProcess.StartServer(Environment, server));
    }

    public override IReadOnlyList<Blow> Blows(Swarm swarm) => [Blow.Kill(swarm, 4), Blow.Stop(swarm, 5, LongestStop)];
}
