using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using HeadScope.Data.Tokens;
using HeadScope.Jobs;
using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Work;
using HeadScope.Silo.Security;
using HeadScope.Tests.Support;

namespace HeadScope.Silo.Tests;

public class JobRoutesTests
{
    /// <summary>24 rows of 64 tokens, in shards of 3.</summary>
    static readonly object Tiny = new
    {
        model = "model",
        tokens = "inputs.safetensors",
        induction_tokens = "inputs.safetensors:ind_tokens",
        shard_rows = 3,
    };

    [Fact]
    public async Task Submit_RealJob_GivesTheBytesOfALocalRun()
    {
        await using var silo = await RunningSilo.StartAsync();
        var submitted = await silo.SubmitAsync(Tiny);
        var job = await silo.UntilAsync(submitted.GetProperty("id").GetString()!, "done", "failed");
        Assert.Equal("done", job.GetProperty("state").GetString());
        Assert.Equal("the-submitter", job.GetProperty("submitted_by").GetString());
        Assert.Equal(1, job.GetProperty("progress").GetDouble());

        using var local = new TemporaryFolder();
        var store = new JobStore(new FileBlobStore(local.File("store")));
        var resolved = JobResolver.Resolve(new JobRequest
        {
            Model = Fixture.PathOf("neox-tiny", "model"),
            Tokens = new TokenLocation(Fixture.PathOf("neox-tiny", "inputs.safetensors")),
            InductionTokens = TokenLocation.Parse($"{Fixture.PathOf("neox-tiny", "inputs.safetensors")}:ind_tokens"),
        });
        var manifest = await new LocalEngine(store, new EngineOptions { Workers = 1 }, TimeProvider.System)
            .RunAsync(await store.SubmitAsync(resolved, default), new NoObserver(), default);
        Assert.Equal(manifest.Job, job.GetProperty("id").GetString());
        using var reader = silo.As(Role.Reader);
        foreach (var (name, file) in manifest.Files)
        {
            var bytes = await reader.GetByteArrayAsync($"/v1/jobs/{manifest.Job}/results/{name}");
            Assert.Equal(file.Sha256, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
    }

    [Fact]
    public async Task Submit_SameRequestTwice_FindsTheFirst()
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        using var client = silo.As(Role.Submitter);
        using var first = await client.PostAsJsonAsync("/v1/jobs", Tiny);
        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        using var second = await client.PostAsJsonAsync("/v1/jobs", Tiny);
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        Assert.Equal(
            first.Headers.Location!.ToString(),
            $"/v1/jobs/{(await second.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()}");
    }

    [Fact]
    public async Task Events_RunningJob_TellOfItUntilItEnds()
    {
        await using var silo = await RunningSilo.StartAsync();
        var id = (await silo.SubmitAsync(Tiny)).GetProperty("id").GetString();
        using var client = silo.As(Role.Reader);
        using var response = await client.GetAsync($"/v1/jobs/{id}/events", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var states = new List<string>();
        await foreach (var item in System.Net.ServerSentEvents.SseParser.Create(
            await response.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            Assert.Equal("job", item.EventType);
            states.Add(JsonDocument.Parse(item.Data).RootElement.GetProperty("state").GetString()!);
        }

        Assert.Equal("done", states[^1]);
    }

    [Fact]
    public async Task Pause_RunningJob_StopsItUntilItIsResumed()
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        var id = (await silo.SubmitAsync(Tiny)).GetProperty("id").GetString()!;
        using var client = silo.As(Role.Submitter);
        using var paused = await client.PatchAsJsonAsync($"/v1/jobs/{id}", new { paused = true });
        Assert.Equal("paused", (await paused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString());

        // A second server over the same store does the work: none while the job is paused.
        await using var worker = await RunningSilo.StartAsync(keys: false, configure: options => options with { Store = silo.StoreFolder });
        var other = await silo.SubmitAsync(new { model = "model", tokens = "inputs.safetensors", rows = 6, skip_heads = true });
        await silo.UntilAsync(other.GetProperty("id").GetString()!, "done");
        Assert.Equal(0, (await silo.UntilAsync(id, "paused")).GetProperty("shards_committed").GetInt32());

        using var resumed = await client.PatchAsJsonAsync($"/v1/jobs/{id}", new { paused = false });
        Assert.Equal(HttpStatusCode.OK, resumed.StatusCode);
        await silo.UntilAsync(id, "done");
    }

    [Fact]
    public async Task Cancel_Job_EndsItAndSubmittingAgainGoesOn()
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        var id = (await silo.SubmitAsync(Tiny)).GetProperty("id").GetString()!;
        using var client = silo.As(Role.Submitter);
        using var cancelled = await client.DeleteAsync($"/v1/jobs/{id}");
        Assert.Equal("cancelled", (await cancelled.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString());
        await using var worker = await RunningSilo.StartAsync(keys: false, configure: options => options with { Store = silo.StoreFolder });
        await silo.UntilAsync(id, "cancelled");
        await silo.SubmitAsync(Tiny);
        await silo.UntilAsync(id, "done");
    }

    [Fact]
    public async Task Purge_DoneJob_LeavesNothingOfIt()
    {
        await using var silo = await RunningSilo.StartAsync();
        var id = (await silo.SubmitAsync(Tiny)).GetProperty("id").GetString()!;
        await silo.UntilAsync(id, "done");
        using var submitter = silo.As(Role.Submitter);
        using var refused = await submitter.DeleteAsync($"/v1/jobs/{id}?purge=true");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        using var admin = silo.As(Role.Admin);
        using var purged = await admin.DeleteAsync($"/v1/jobs/{id}?purge=true");
        Assert.Equal(HttpStatusCode.NoContent, purged.StatusCode);
        Assert.False(Directory.Exists(Path.Combine(silo.StoreFolder, "jobs", id)) && Directory.EnumerateFiles(
            Path.Combine(silo.StoreFolder, "jobs", id), "*", SearchOption.AllDirectories).Any());
        using var gone = await admin.GetAsync($"/v1/jobs/{id}");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task Priority_HigherJob_IsDoneFirst()
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        var low = (await silo.SubmitAsync(Tiny)).GetProperty("id").GetString()!;
        var high = (await silo.SubmitAsync(new { model = "model", tokens = "inputs.safetensors", shard_rows = 1, skip_heads = true, priority = 10 }, Role.Admin)).GetProperty("id").GetString()!;
        await using var worker = await RunningSilo.StartAsync(
            keys: false, configure: options => options with { Store = silo.StoreFolder, Engine = options.Engine! with { Workers = 1 } });
        await silo.UntilAsync(low, "done");
        await silo.UntilAsync(high, "done");

        // Each shard's statistics say when its work began.
        async Task<DateTimeOffset[]> StartsAsync(string id)
        {
            var starts = new List<DateTimeOffset>();
            await foreach (var (record, _) in silo.Jobs.CommittedAsync(new JobFolder(id), default))
                starts.Add(record.Work.Started);
            return [.. starts.Order()];
        }

        // The worker may have opened the lower job first and be at its first shard when it finds the higher.
        Assert.True((await StartsAsync(high))[^1] < (await StartsAsync(low))[1]);
    }

    [Fact]
    public async Task Result_RangeAndETag_AreUnderstood()
    {
        await using var silo = await RunningSilo.StartAsync();
        var id = (await silo.SubmitAsync(Tiny)).GetProperty("id").GetString()!;
        await silo.UntilAsync(id, "done");
        using var client = silo.As(Role.Reader);
        var whole = await client.GetByteArrayAsync($"/v1/jobs/{id}/results/head_df.csv");
        using var request = new HttpRequestMessage(
            HttpMethod.Get, $"/v1/jobs/{id}/results/head_df.csv")
        { Headers = { Range = new RangeHeaderValue(3, 9) } };
        using var part = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(whole[3..10], await part.Content.ReadAsByteArrayAsync());
        Assert.Equal($"\"{Convert.ToHexStringLower(SHA256.HashData(whole))}\"", part.Headers.ETag?.Tag);
        using var again = new HttpRequestMessage(
            HttpMethod.Get, $"/v1/jobs/{id}/results/head_df.csv")
        { Headers = { IfNoneMatch = { part.Headers.ETag! } } };
        using var unchanged = await client.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Fact]
    public async Task Preview_DoneJob_IsWithinABucketOfTheFrame()
    {
        await using var silo = await RunningSilo.StartAsync();
        var id = (await silo.SubmitAsync(Tiny)).GetProperty("id").GetString()!;
        await silo.UntilAsync(id, "done");
        using var client = silo.As(Role.Reader);
        var preview = await client.GetFromJsonAsync<JsonElement>($"/v1/jobs/{id}/preview");
        var heads = preview.GetProperty("heads").EnumerateArray().ToArray();
        Assert.Equal("head_dla", preview.GetProperty("scores")[0].GetString());
        var frame = (await client.GetStringAsync($"/v1/jobs/{id}/results/head_df.csv")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(frame.Length - 1, heads.Length);
        foreach (var (head, line) in heads.Zip(frame.Skip(1)))
        {
            var exact = float.Parse(line.Split(',')[3], System.Globalization.CultureInfo.InvariantCulture);
            Assert.InRange(head.GetProperty("values")[0].GetSingle(), exact - Math.Abs(exact) * 0.01f, exact + Math.Abs(exact) * 0.01f);
        }
    }

    [Fact]
    public async Task List_ManyJobs_ComesInPages()
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        var ids = new List<string>();
        for (var rows = 1; rows <= 5; rows++)
            ids.Add((await silo.SubmitAsync(
                new { model = "model", tokens = "inputs.safetensors", skip_heads = true, rows })).GetProperty("id").GetString()!);
        using var client = silo.As(Role.Reader);
        var seen = new List<string>();
        for (string? after = ""; after is not null;)
        {
            var page = await client.GetFromJsonAsync<JsonElement>($"/v1/jobs?limit=2&after={after}");
            seen.AddRange(page.GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("id").GetString()!));
            after = page.TryGetProperty("next", out var next) ? next.GetString() : null;
        }

        Assert.Equal(ids.Order(StringComparer.Ordinal), seen);
    }

    [Fact]
    public async Task Stop_JobInWork_IsFinishedByTheNextServer()
    {
        using var folder = new TemporaryFolder();
        string id;
        await using (var first = await RunningSilo.StartAsync(
            keys: false, configure: options => options with { Store = folder.File("store"), Drain = TimeSpan.FromSeconds(30) }))
        {
            id = (await first.SubmitAsync(Tiny)).GetProperty("id").GetString()!;
            await first.UntilAsync(id, "running", "reducing", "done");
            await first.StopAsync();
        }

        // Nothing is left claimed: a drained server has finished or handed back all it had.
        var claims = Path.Combine(folder.File("store"), "jobs", id, "claims");
        Assert.Empty(Directory.Exists(claims) ? Directory.GetFiles(claims) : []);
        await using var second = await RunningSilo.StartAsync(
            keys: false, configure: options => options with { Store = folder.File("store") });
        await second.UntilAsync(id, "done");
    }

    sealed class NoObserver : IJobObserver;
}
