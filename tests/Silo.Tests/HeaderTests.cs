using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using HeadScope.Silo.Security;

namespace HeadScope.Silo.Tests;

/// <summary>What every answer tells a browser.</summary>
public partial class HeaderTests
{
    [Fact]
    public async Task Answers_OfEveryKind_LeaveABrowserNothingToGuess()
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { MaxBodyBytes = 1000 });
        var id = (await silo.SubmitAsync(new { model = "model", tokens = "inputs.safetensors", rows = 2, skip_heads = true }))
            .GetProperty("id").GetString()!;
        await silo.UntilAsync(id, "done");
        using var admin = silo.As(Role.Admin);
        foreach (var (path, expected) in new[]
        {
            ("/", HttpStatusCode.OK), ("/health/live", HttpStatusCode.OK), ("/health/ready", HttpStatusCode.OK), ("/openapi/v1.json", HttpStatusCode.OK), ("/metrics", HttpStatusCode.OK),
            ("/v1/jobs", HttpStatusCode.OK), ($"/v1/jobs/{id}", HttpStatusCode.OK), ($"/v1/jobs/{id}/events", HttpStatusCode.OK),
            ($"/v1/jobs/{id}/results/report.html", HttpStatusCode.OK),
            ($"/v1/jobs/{id}/results/head_df.csv", HttpStatusCode.OK), ("/orleans/", HttpStatusCode.OK),
            ("/orleans/index.min.js", HttpStatusCode.OK),
            ("/v1/jobs?limit=0", HttpStatusCode.BadRequest), ("/nowhere", HttpStatusCode.NotFound), ("/v1/jobs/x", HttpStatusCode.NotFound),
        })
        {
            using var response = await admin.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal((path, expected), (path, response.StatusCode));
            AssertSafe(path, response);
        }

        using var anonymous = await silo.Anonymous.GetAsync("/v1/jobs");
        AssertSafe("without a key", anonymous);
        using var large = await admin.PostAsJsonAsync("/v1/jobs", new { model = new string('x', 2000) });
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        AssertSafe("too large", large);
    }

    [Fact]
    public async Task Report_OpenedInABrowser_IsAloneInASandbox()
    {
        await using var silo = await RunningSilo.StartAsync();
        var id = (await silo.SubmitAsync(new { model = "model", tokens = "inputs.safetensors", rows = 2, skip_heads = true }))
            .GetProperty("id").GetString()!;
        await silo.UntilAsync(id, "done");
        using var reader = silo.As(Role.Reader);
        using var report = await reader.GetAsync($"/v1/jobs/{id}/results/report.html");
        var policy = Policy(report);
        Assert.Contains("sandbox allow-scripts", policy);
        Assert.DoesNotContain("allow-same-origin", string.Join(' ', policy), StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", policy);
        Assert.Equal("attachment", report.Content.Headers.ContentDisposition?.DispositionType);
    }

    /// <summary>The page works by its own files alone: whatever text finds its way into it does not run.</summary>
    [Fact]
    public async Task Dashboard_Policy_AllowsItsOwnFilesAndNothingInline()
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        using var page = await silo.Anonymous.GetAsync("/");
        var html = await page.Content.ReadAsStringAsync();
        Assert.Equal(
            ["connect-src 'self'", "script-src 'self'", "style-src 'self'"],
            Policy(page).Where(rule => rule.Contains("'self'", StringComparison.Ordinal)).Order());
        Assert.DoesNotContain(Inline().Matches(html), match => match.Success);
        var files = Linked().Matches(html).Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(2, files.Count);
        foreach (var file in files)
        {
            using var answer = await silo.Anonymous.GetAsync(file);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(
                file.EndsWith(".js", StringComparison.Ordinal) ? "text/javascript" : "text/css",
                answer.Content.Headers.ContentType?.MediaType);
            AssertSafe(file, answer);
        }
    }

    static void AssertSafe(string what, HttpResponseMessage response)
    {
        Assert.Equal((what, "nosniff"), (what, Header(response, "X-Content-Type-Options")));
        Assert.Equal((what, "no-referrer"), (what, Header(response, "Referrer-Policy")));
        Assert.True(Header(response, "Cache-Control") is { } cache
            && (cache.Contains("no-store", StringComparison.Ordinal) || cache.Contains("no-cache", StringComparison.Ordinal)), what);
        var policy = Policy(response);
        Assert.Contains(policy, rule => rule.StartsWith("default-src ", StringComparison.Ordinal));
        Assert.Contains("frame-ancestors 'none'", policy);
        if (!what.Contains("/results/", StringComparison.Ordinal)) // which run in a sandbox
            Assert.DoesNotContain(policy, rule => rule.StartsWith(
                "script-src", StringComparison.Ordinal) && rule.Contains("unsafe", StringComparison.Ordinal));
    }

    static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? Assert.Single(values) : null;

    static string[] Policy(HttpResponseMessage response) =>
        (Header(response, "Content-Security-Policy") ?? "").Split(';', StringSplitOptions.TrimEntries);

    [GeneratedRegex("""<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=""")]
    private static partial Regex Inline();

    [GeneratedRegex("(?:src|href)=\"([^\"]+)\"")]
    private static partial Regex Linked();
}
