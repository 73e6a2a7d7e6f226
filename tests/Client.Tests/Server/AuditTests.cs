using System.Text;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Server;

/// <summary>The server's log says who did what, and no secret.</summary>
public class AuditTests
{
    [Fact]
    public async Task Log_LoginsJobsAndKeys_NamesTheKeyAndNeverTheSecret()
    {
        using var server = new ServerProcess("--workers", "0");
        Fixture.Copy(Path.Combine(server.Inputs, "model"), "neox-tiny", "model");
        File.Copy(Fixture.PathOf("neox-tiny", "inputs.safetensors"), Path.Combine(server.Inputs, "inputs.safetensors"));
        var secrets = new[] { "reader", "submitter", "admin" }.ToDictionary(role => role, role => server.AddKey($"the-{role}", role));
        await server.StartAsync();
        var body = """{"model":"model","tokens":"inputs.safetensors","skip_heads":true}""";
        var job = (await SendAsync("submitter", HttpMethod.Post, "/v1/jobs", body)).Headers.Location!.ToString();
        var id = job[^16..];
        await server.SaysAsync("Login: key the-submitter (submitter) from 127.0.0.1.");
        await server.SaysAsync($"Job {id}: submitted by the-submitter from 127.0.0.1.");
        await SendAsync("submitter", HttpMethod.Patch, job, """{"paused":true}""");
        await server.SaysAsync($"Job {id}: changed by the-submitter from 127.0.0.1: priority 0, paused True.");
        await SendAsync("reader", HttpMethod.Delete, job);
        await server.SaysAsync($"Refused: key the-reader (reader) from 127.0.0.1 may not DELETE {job}.");
        await SendAsync("submitter", HttpMethod.Delete, job);
        await server.SaysAsync($"Job {id}: cancelled by the-submitter from 127.0.0.1.");
        await SendAsync("submitter", HttpMethod.Post, "/v1/jobs", body);
        await server.SaysAsync($"Job {id}: submitted again by the-submitter from 127.0.0.1.");
        await SendAsync("submitter", HttpMethod.Delete, $"{job}?purge=true");
        await server.SaysAsync($"Refused: key the-submitter (submitter) from 127.0.0.1 may not DELETE {job}.");
        await SendAsync("admin", HttpMethod.Delete, $"{job}?purge=true");
        await server.SaysAsync($"Job {id}: purged by the-admin from 127.0.0.1.");
        secrets["stranger"] = "hs_nobody-knows-this-one";
        await SendAsync("stranger", HttpMethod.Get, "/v1/jobs/line%0Abreak");
        await server.SaysAsync("Refused: an unknown key from 127.0.0.1, for GET /v1/jobs/line%0Abreak.");
        secrets["late"] = server.AddKey("the-late", "reader");
        await Task.Delay(TimeSpan.FromSeconds(1.1)); // in which the file is not looked at again
        await SendAsync("late", HttpMethod.Get, "/v1/jobs");
        await server.SaysAsync("Keys: the-late (reader) was added.");
        Assert.All(secrets.Values, secret => Assert.DoesNotContain(secret, server.Log, StringComparison.Ordinal));
        Assert.Equal(1, server.Log.Split("Login: key the-submitter").Length - 1); // one line for all its requests

        async Task<HttpResponseMessage> SendAsync(string who, HttpMethod method, string path, string? json = null)
        {
            using var http = new HttpClient
            {
                BaseAddress = new Uri(server.Address),
                DefaultRequestHeaders = { { "X-Api-Key", secrets[who] } },
            };
            using var request = new HttpRequestMessage(method, path)
            {
                Content = json is null ? null : new StringContent(
                json, Encoding.UTF8, "application/json")
            };
            return await http.SendAsync(request);
        }
    }
}
