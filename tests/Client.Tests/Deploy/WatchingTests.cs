using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using HeadScope.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace HeadScope.Client.Tests.Deploy;

/// <summary>
/// Alarms and dashboard speak of the series that the documentation promises, and Prometheus's own tool finds nothing wrong.
/// </summary>
public sealed partial class WatchingTests
{
    /// <summary>Labels that Prometheus adds.</summary>
    static readonly string[] Added = ["instance", "job", "le"];

    [SkippableTheory]
    [InlineData("prometheus.yml", "check", "config", "--syntax-only")] // the key that it names is made by whoever starts it
    [InlineData("alerts.yml", "check", "rules")]
    [InlineData("alerts.test.yml", "test", "rules")]
    public async Task Promtool_FindsNothingWrong(string file, params string[] command)
    {
        try
        {
            using var promtool = Process.Start(new ProcessStartInfo("promtool", [.. command, DeployFiles.PathOf("prometheus", file)]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var said = Task.WhenAll(promtool.StandardOutput.ReadToEndAsync(), promtool.StandardError.ReadToEndAsync());
            await promtool.WaitForExitAsync();
            Assert.True(promtool.ExitCode == 0, string.Concat(await said));
        }
        catch (Win32Exception e)
        {
            Skip.If(true, $"promtool is not installed: {e.Message}");
        }
    }

    [Fact]
    public void Readme_TableOfSeries_IsWhatIsPromised() => Assert.Equal(
        PromisedSeries.All.Select(series => (series.Name, series.Label, series.Type)).Order(),
        File.ReadLines(DeployFiles.PathOf("README.md")).Select(line => Row().Match(line)).Where(row => row.Success)
            .Select(row => (row.Groups[1].Value, row.Groups[2].Success ? row.Groups[2].Value : null, row.Groups[3].Value)).Order());

    [Fact]
    public void Expressions_UsePromisedSeriesAndLabels()
    {
        var promised = PromisedSeries.All.ToDictionary(
            series => series.Name, series => series.Label is { } label ? [label] : Array.Empty<string>());
        var used = new HashSet<string>();
        foreach (var expression in Alarms().Select(alarm => ((YamlScalarNode)alarm.At("expr")).Value!).Concat(DashboardExpressions()))
        {
            foreach (Match series in Series().Matches(expression))
            {
                var name = Suffix().Replace(series.Groups[1].Value, "");
                Assert.True(promised.ContainsKey(name), $"{name} in {expression} is not promised");
                used.Add(name);
                foreach (Match label in Label().Matches(series.Groups[2].Value))
                    Assert.True(
                        promised[name].Contains(label.Groups[1].Value) || Added.Contains(label.Groups[1].Value),
                        $"{name} has no label {label.Groups[1].Value}: {expression}");
            }

            var known = promised.Where(pair => expression.Contains(pair.Key, StringComparison.Ordinal)).SelectMany(pair => pair.Value)
                .Concat(Added).ToList();
            foreach (Match by in By().Matches(expression))
                Assert.All(by.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries), label => Assert.Contains(label, known));
        }

        Assert.Equal(promised.Keys.Order(StringComparer.Ordinal), used.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Alarms_NameASectionOfTheRunbook()
    {
        var sections = File.ReadLines(DeployFiles.PathOf("README.md")).Where(line => line.StartsWith("### ", StringComparison.Ordinal))
            .Select(line => line[4..]).ToList();
        Assert.NotEmpty(Alarms());
        foreach (var alarm in Alarms())
            Assert.Contains(Runbook().Match(((YamlScalarNode)alarm.At("annotations", "description")).Value!).Groups[1].Value, sections);
    }

    static IEnumerable<YamlNode> Alarms() =>
        (YamlSequenceNode)DeployFiles.Yaml(DeployFiles.PathOf("prometheus", "alerts.yml")).Single().At("groups", "0", "rules");

    static IEnumerable<string> DashboardExpressions() => JsonDocument.Parse(
        File.ReadAllBytes(DeployFiles.PathOf("grafana", "headscope.json"))).RootElement
        .GetProperty("panels").EnumerateArray().SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
        .Select(target => target.GetProperty("expr").GetString()!);

    [GeneratedRegex(@"^\| `(headscope_\w+)(?:\{(\w+)\})?` \| (counter|gauge|histogram) \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"\b(headscope_\w+)(?:\{([^}]*)\})?")]
    private static partial Regex Series();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();

    [GeneratedRegex(@"(\w+)\s*(?:=~|!~|!=|=)")]
    private static partial Regex Label();

    [GeneratedRegex(@"by \(([^)]*)\)")]
    private static partial Regex By();

    [GeneratedRegex("See the runbook, '([^']+)'")]
    private static partial Regex Runbook();
}
