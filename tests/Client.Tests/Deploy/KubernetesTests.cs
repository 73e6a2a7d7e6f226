using System.Text.Json;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Deploy;

/// <summary>The Kubernetes manifests, as the API's own schemas see them.</summary>
public sealed class KubernetesTests : IDisposable
{
    static readonly string[] Packages = ["kubernetes-models@4.5.1"];

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Manifests_MeetTheirSchemas()
    {
        Assert.Equal([], FaultsOf([.. DeployFiles.Manifests().Select(manifest => DeployFiles.Plain(manifest.Object))]));

        // What does the looking can see a fault.
        var wrong = DeployFiles.Manifests().First(manifest => manifest.File == "silo-cpu.yaml").Object;
        ((YamlDotNet.RepresentationModel.YamlMappingNode)wrong.At("spec")).Children["replicas"] = "two";
        Assert.Contains("replicas", Assert.Single(FaultsOf([DeployFiles.Plain(wrong)])), StringComparison.Ordinal);
    }

    [Fact]
    public void Kustomization_NamesEveryFile() => Assert.Equal(
        DeployFiles.Manifests().Select(manifest => manifest.File).Distinct(),
        DeployFiles.Yaml(DeployFiles.PathOf("kubernetes", "kustomization.yaml")).Single().At("resources").Texts().Order(StringComparer.Ordinal));

    string[] FaultsOf(object?[] objects)
    {
        File.WriteAllText(_folder.File("objects.json"), JsonSerializer.Serialize(objects));
        return JsonSerializer.Deserialize<string[]>(NodePackages.Run("kubernetes.mjs", Packages, _folder.File("objects.json")))!;
    }
}
