using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using HeadScope.Silo.Security;

namespace HeadScope.Silo.Tests;

/// <summary>Orleans's own dashboard, at /orleans.</summary>
public class OrleansDashboardTests
{
    static readonly string[] Paths = ["/orleans/", "/orleans/index.min.js", "/orleans/DashboardCounters", "/orleans/ClusterStats"];

    [Fact]
    public async Task Get_ByRole_AnswersAdminsAlone()
    {
        await using var silo = await RunningSilo.StartAsync();
        foreach (var path in Paths)
        {
            using var anonymous = await silo.Anonymous.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
            Assert.Equal("Basic", Assert.Single(anonymous.Headers.WwwAuthenticate).Scheme);
            foreach (var role in new[] { Role.Reader, Role.Submitter })
            {
                using var client = silo.As(role);
                using var refused = await client.GetAsync(path);
                Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            }

            using var admin = silo.As(Role.Admin);
            using var answered = await admin.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        }
    }

    [Fact]
    public async Task Get_KeyAsABrowserSendsIt_IsTakenThereAndNowhereElse()
    {
        await using var silo = await RunningSilo.StartAsync();
        foreach (var (password, dashboard) in new[]
        {
            (silo.Secrets[Role.Admin], HttpStatusCode.OK), (silo.Secrets[Role.Reader], HttpStatusCode.Forbidden), ("hs_wrong", HttpStatusCode.Unauthorized),
        })
        {
            using var browser = new HttpClient { BaseAddress = silo.Address };
            browser.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"me:{password}")));
            using var page = await browser.GetAsync("/orleans/");
            Assert.Equal(dashboard, page.StatusCode);
            using var jobs = await browser.GetAsync("/v1/jobs");
            Assert.Equal(HttpStatusCode.Unauthorized, jobs.StatusCode);
            Assert.Equal("Bearer", Assert.Single(jobs.Headers.WwwAuthenticate).Scheme);
        }
    }

    [Fact]
    public async Task Get_WithoutKeys_ShowsThisMachineTheSilo()
    {
        await using var silo = await RunningSilo.StartAsync(keys: false);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        int hosts;
        do // it looks for silos every second, and answers before its first look
        {
            hosts = (await silo.Anonymous.GetFromJsonAsync<JsonElement>("/orleans/DashboardCounters", limit.Token)).GetProperty("hosts")
                .GetArrayLength();
        }
        while (hosts == 0);
        Assert.Equal(1, hosts);
        using var foreign = new HttpRequestMessage(HttpMethod.Get, "/orleans/");
        foreign.Headers.Host = "somewhere.example";
        using var refused = await silo.Anonymous.SendAsync(foreign);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        using var log = await silo.Anonymous.GetAsync("/orleans/Trace");
        Assert.Equal(HttpStatusCode.Forbidden, log.StatusCode); // it is the operator's
    }
}
