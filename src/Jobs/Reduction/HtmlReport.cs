using System.Reflection;
using System.Text;
using System.Text.Json;
using HeadScope.Data.Frames;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Reduction;

/// <summary>
/// A self-contained page: the head frame as a sortable, colour-graded table and a layer by head map of each of its columns. Data go
/// in as JSON; the page draws itself.
/// </summary>
public static class HtmlReport
{
    const string Placeholder = "/*DATA*/";

    public static void Write(
        Stream stream, string job, ManifestModel model, ManifestTokens tokens, ScoreOptions options, JobSummary summary, Frame heads)
    {
        var columns = heads.Columns.Index().ToDictionary(
            column => column.Item.Name,
            column => heads.Values[column.Index] switch
            {
                ColumnValues<int> values => values.Span.ToArray(),
                ColumnValues<float> values => values.Span.ToArray(),
                ColumnValues<string> values => (object)values.Span.ToArray(),
                _ => throw new InvalidOperationException($"The report has no way to show column '{column.Item.Name}'."),
            });
        var data = JsonSerializer.Serialize(
            new
            {
                job,
                model,
                tokens,
                options,
                summary,
                warnings = summary.Warnings,
                columns,
                headline = Shown(options.Selection.Headline),
                scores = options.Selection.Scores.Select(Shown),
            },
            new JsonSerializerOptions(JobJson.Options) { WriteIndented = false, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.Default });
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("report.html")!);
        stream.Write(Encoding.UTF8.GetBytes(reader.ReadToEnd().Replace(Placeholder, data, StringComparison.Ordinal)));
    }

    static object Shown(Score score) => new { score.Name, score.NoInductionName, score.Formula };
}
