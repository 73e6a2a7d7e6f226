using HeadScope.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace HeadScope.Client.Tests.Deploy;

/// <summary>The files under deploy/.</summary>
internal static class DeployFiles
{
    public static string PathOf(params string[] parts) => Fixture.PathOf(["..", "..", "deploy", .. parts]);

    /// <summary>The documents of a YAML file.</summary>
    public static IReadOnlyList<YamlMappingNode> Yaml(string path)
    {
        var stream = new YamlStream();
        using var reader = File.OpenText(path);
        stream.Load(reader);
        return [.. stream.Documents.Select(document => (YamlMappingNode)document.RootNode)];
    }

    /// <summary>The node that keys, and numbers in sequences, lead to.</summary>
    public static YamlNode At(this YamlNode node, params string[] path) => path.Aggregate(
        node, (at, key) => at is YamlSequenceNode ? at[int.Parse(key, System.Globalization.CultureInfo.InvariantCulture)] : at[key]);

    public static string[] Texts(this YamlNode node) => [.. ((YamlSequenceNode)node).Select(item => ((YamlScalarNode)item).Value!)];

    /// <summary>The Kubernetes objects, and the file of each.</summary>
    public static IEnumerable<(string File, YamlMappingNode Object)> Manifests() =>
        from file in Directory.GetFiles(PathOf("kubernetes"), "*.yaml").Order(StringComparer.Ordinal)
        where Path.GetFileName(file) != "kustomization.yaml"
        from document in Yaml(file)
        select (Path.GetFileName(file), document);

    /// <summary>As JSON would have it: numbers and truth values where they are not quoted.</summary>
    public static object? Plain(YamlNode node) => node switch
    {
        YamlMappingNode mapping => mapping.ToDictionary(pair => ((YamlScalarNode)pair.Key).Value!, pair => Plain(pair.Value)),
        YamlSequenceNode sequence => sequence.Select(Plain).ToList(),
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: var text } => text switch
        {
            "true" => true,
            "false" => false,
            _ => int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : text,
        },
        var scalar => ((YamlScalarNode)scalar).Value,
    };
}
