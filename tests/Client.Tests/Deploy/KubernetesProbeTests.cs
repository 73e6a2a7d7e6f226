using System.Globalization;
using HeadScope.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace HeadScope.Client.Tests.Deploy;

/// <summary>A silo with the arguments that a manifest gives it answers where the manifest says it does.</summary>
public sealed class KubernetesProbeTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("silo-cpu.yaml", "managed")]
    [InlineData("silo-gpu.yaml", "torch")]
    public async Task Silo_AnswersItsProbes(string file, string backend)
    {
        var pod = DeployFiles.Manifests().Single(manifest => manifest.File == file).Object.At("spec", "template", "spec");
        var container = pod.At("containers", "0");
        Assert.Equal("8470", ((YamlScalarNode)container.At("ports", "0", "containerPort")).Value);
        var probes = new[] { "startupProbe", "livenessProbe", "readinessProbe" }.Select(
            probe => ((YamlScalarNode)container.At(probe, "httpGet", "path")).Value!);
        var arguments = container.At("args").Texts();
        Assert.Equal(backend == "torch", arguments.Contains("--backend=torch"));
        await DeployedProcess.PrepareAsync(_folder);
        using var silo = DeployedProcess.StartSilo(_folder, new Dictionary<string, string>(), arguments);
        await silo.AnswersAsync([.. probes, "/metrics"]);
        await silo.StopAsync();

        // The pod is given longer to stop than the silo takes at most.
        var drain = int.Parse(
            arguments.Single(argument => argument.StartsWith("--drain=", StringComparison.Ordinal))["--drain=".Length..],
            CultureInfo.InvariantCulture);
        Assert.InRange(
            int.Parse(((YamlScalarNode)pod.At("terminationGracePeriodSeconds")).Value!, CultureInfo.InvariantCulture), drain + 15,
            drain + 120);
    }
}
