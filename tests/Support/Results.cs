using System.Text.Json.Nodes;

namespace HeadScope.Tests.Support;

/// <summary>Folders with the results of a job.</summary>
internal static class Results
{
    /// <summary>Fails unless every result, and the manifest, are the same bytes.</summary>
    public static void AssertSame(string expected, string actual)
    {
        var files = JsonNode.Parse(File.ReadAllBytes(Path.Combine(expected, "manifest.json")))!["files"]!.AsObject()
            .Select(file => file.Key);
        foreach (var file in files.Append("manifest.json"))
            Assert.True(
                File.ReadAllBytes(Path.Combine(expected, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(actual, file))),
                $"{file} differs");
    }
}
