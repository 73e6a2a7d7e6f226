using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using HeadScope.Silo.Security;

namespace HeadScope.Silo.Tests;

/// <summary>Bodies that do what no honest client does.</summary>
public class SubmissionTests
{
    const int Megabyte = 1 << 20;

    [Theory]
    [InlineData(20, "fields")]
    [InlineData(60_000, "fields")]
    [InlineData(60_000, "scores")]
    [InlineData(100, "quantiles")]
    [InlineData(600_000, "model")]
    public async Task Submit_AnyNumberOfFaults_IsAnsweredInAFewLines(int number, string what)
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        using var client = silo.As(Role.Submitter);
        object body = what switch
        {
            "fields" => Enumerable.Range(0, number).ToDictionary(i => $"f{i}", i => (object)i),
            "scores" => new { scores = Enumerable.Range(0, number) },
            "quantiles" => new { quantiles = Enumerable.Repeat("\u0001", number) },
            _ => new { model = new string('\'', number / 6), tokens = new string('<', number / 12) },
        };
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(body).Length, 0, Megabyte);
        using var response = await client.PostAsJsonAsync("/v1/jobs", body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var text = await response.Content.ReadAsStringAsync();
        Assert.InRange(text.Length, 100, 10_000);
        var faults = JsonDocument.Parse(text).RootElement.GetProperty("faults").EnumerateArray().Select(fault => fault.GetString()!)
            .ToList();
        // What else is wrong is not lost among them.
        Assert.Contains(faults, fault => fault.StartsWith("tokens: ", StringComparison.Ordinal));
        if (what == "fields")
            Assert.Contains("'f0'", faults[0], StringComparison.Ordinal);
        if (what == "fields" && number > 20)
            Assert.Contains($"and {number - 20:N0} more", faults[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_Priority_NeedsTheRoleThatChangingItNeeds()
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        var job = new { model = "model", tokens = "inputs.safetensors", skip_heads = true, priority = 50 };
        using (var submitter = silo.As(Role.Submitter))
        {
            using var refused = await submitter.PostAsJsonAsync("/v1/jobs", job);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            Assert.Contains(
                "admin", (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(),
                StringComparison.Ordinal);
            Assert.Equal(0, (await submitter.GetFromJsonAsync<JsonElement>("/v1/jobs")).GetProperty("jobs").GetArrayLength());
            using var ordinary = await submitter.PostAsJsonAsync("/v1/jobs", job with { priority = 0 });
            Assert.Equal(HttpStatusCode.Created, ordinary.StatusCode);
        }

        using var admin = silo.As(Role.Admin);
        using var taken = await admin.PostAsJsonAsync(
            "/v1/jobs", new { model = "model", tokens = "inputs.safetensors", skip_heads = true, rows = 2, priority = 50 });
        Assert.Equal(50, (await taken.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("priority").GetInt32());
    }

    /// <summary>JSON whose texts are none, which the parser leaves to whoever reads them.</summary>
    [Theory]
    [InlineData("""{"model":"\ud800","tokens":"inputs.safetensors"}""")]
    [InlineData("""{"model":"model","tokens":"a\udc00.npy"}""")]
    [InlineData("""{"model":"model","tokens":"inputs.safetensors","\ud800":1}""")]
    [InlineData("""{"model":"model","tokens":"inputs.safetensors","scores":["\ud800"]}""")]
    [InlineData("""{"model":"model","tokens":"inputs.safetensors","precision":"\ud800"}""")]
    [InlineData("{\"model\":\"\xff\",\"tokens\":\"inputs.safetensors\"}")]
    [InlineData("""{"model":"model","model":"../model","tokens":"inputs.safetensors"}""")]
    [InlineData("""{"model":"model","tokens":"inputs.safetensors","xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\ud83d\ude00xxxxx":1}""")]
    public async Task Submit_TextThatIsNone_IsABadRequest(string body)
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        using var client = silo.As(Role.Submitter);
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(body)) { Headers = { ContentType = new("application/json") } };
        using var response = await client.PostAsync("/v1/jobs", content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.NotEqual("", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("""{"paused":true,"\ud800":1}""")]
    [InlineData("""{"paused":"\ud800"}""")]
    [InlineData("""{"priority":1e99}""")]
    [InlineData("null")]
    public async Task Change_BodyThatIsNone_IsABadRequest(string body)
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        var id = (await silo.SubmitAsync(new { model = "model", tokens = "inputs.safetensors", skip_heads = true })).GetProperty("id")
            .GetString();
        using var client = silo.As(Role.Submitter);
        using var response = await client.PatchAsync($"/v1/jobs/{id}", new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("planned", 1)]
    [InlineData("Planned", 1)]
    [InlineData("done", 0)]
    [InlineData("Done", 0)]
    [InlineData("99", null)]
    [InlineData("0", null)]
    [InlineData("done,planned", null)]
    [InlineData("nothing", null)]
    public async Task List_State_IsTakenAsItIsShown(string state, int? expected)
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        await silo.SubmitAsync(new { model = "model", tokens = "inputs.safetensors", skip_heads = true });
        using var client = silo.As(Role.Reader);
        using var response = await client.GetAsync($"/v1/jobs?state={state}");
        var body = await response.Content.ReadFromJsonAsync<JsonElement>();
        if (expected is { } number)
        {
            Assert.Equal(number, body.GetProperty("jobs").GetArrayLength());
        }
        else
        {
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Contains("planned, running", body.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }
}
