using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using HeadScope.Data.Tokens;
using HeadScope.Jobs;
using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Work;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Server;

/// <summary>Jobs whose blobs nobody can read, in the store of a server that works on others.</summary>
public sealed class UnreadableJobsTests : IDisposable
{
    /// <summary>What a server takes at most: 150 to some 400 MiB with some jobs of the tiny model in work, as its collector sees fit.</summary>
    const long MostMemory = 512L << 20;

    /// <summary>Examples of a job of which nothing is damaged.</summary>
    const int SoundExamples = 10;

    readonly ServerProcess _server = new("--workers", "2", "--threads", "2");

    public UnreadableJobsTests()
    {
        Fixture.Copy(Path.Combine(_server.Inputs, "model"), "neox-tiny", "model");
        File.Copy(Fixture.PathOf("neox-tiny", "inputs.safetensors"), Path.Combine(_server.Inputs, "inputs.safetensors"));
    }

    string[] Store => ["--store", _server.Store];

    /// <summary>What lies in the server's roots.</summary>
    JobRequest Request => new()
    {
        Model = Path.Combine(_server.Inputs, "model"),
        Tokens = TokenLocation.Parse(Path.Combine(_server.Inputs, "inputs.safetensors")),
        SkipHeads = true,
    };

    public void Dispose() => _server.Dispose();

    /// <summary>What else can be wrong with a blob, beside what any can have.</summary>
    static IReadOnlyDictionary<string, IReadOnlyList<Action<JsonObject>>> Kinds { get; } = new Dictionary<string, IReadOnlyList<Action<JsonObject>>>
    {
        ["spec.json"] =
        [
            json => json["format"] = 2, json => json["format"] = 0, json => json["tokens"]!["rows"] = 0,
            json => json["tokens"]!["context"] = int.MaxValue, json => json["model"]!["layers"] = int.MaxValue,
            json => json["scores"]!["quantile"] = "NaN", json => json["scores"]!["examples"] = -1, json => json["model"]!["hash"] = "other",
            json => json.Remove("model"),
        ],
        ["plan.json"] =
        [
            json => json["rows"] = 0, json => json["shard_rows"] = 0, json => json["shard_rows"] = -1, json => json["rows"] = -5,
            json => json.Remove("rows"), json => json["rows"] = 1e3,
            json => (json["rows"], json["shard_rows"]) = (2_000_000_000, 1),
        ],
        ["induction_tokens.json"] = [],
        ["control.json"] = [json => json["priority"] = 1_000_000_000, json => json["paused"] = "yes"],
        ["submission.json"] = [json => json["when"] = "yesterday"],
        ["failed.json"] = [json => json.Remove("message"), json => json["attempts"] = 1e99],
        ["results/manifest.json"] =
        [
            json => json["job"] = "0123456789abcdef",
            json => json["files"]!["../../spec.json"] = json["files"]!["head_df.csv"]!.DeepClone(),
            json => json["files"]!["head_df.csv"] = null,
            json => json["files"]!["head_df.csv"]!["sha256"] = "short",
        ],
    };

    [Fact]
    public async Task Blob_DamagedInAnyWay_IsShownAsUnreadableAndNothingElseSuffers()
    {
        var jobs = new JobStore(new FileBlobStore(_server.Store));
        var sound = new List<string>();
        var damaged = new Dictionary<string, (string Blob, string Way)>();
        foreach (var blob in Kinds.Keys)
        {
            sound.Add((await SubmitAsync(jobs, blob, rows: 24)).Id);
            foreach (var (way, damage) in WaysOf(blob))
            {
                // No two jobs are the same.
                var job = await SubmitAsync(jobs, blob, rows: 1 + damaged.Count % 23, examples: 11 + damaged.Count / 23);
                damage(Path.Combine(_server.Store, job.Prefix, blob));
                damaged.Add(job.Id, (blob, way));
            }
        }

        sound = [.. sound.Distinct()];
        var before = damaged.Keys.ToDictionary(id => id, Contents);
        await _server.StartAsync();
        var client = new ServerClient(_server.Address, null);

        // Honest jobs: those that were there, and one that comes.
        var honest = await client.SaysAsync(
            0, ["submit", "--model", "model", "--tokens", "inputs.safetensors", "--skip-heads", "--examples", "7"]);
        foreach (var id in sound.Append(honest))
            Assert.Equal("done", (string)JsonNode.Parse(await client.SaysAsync(0, ["watch", "--job", id, "--json"]))!["state"]!);

        foreach (var list in new[] { await client.SaysAsync(0, ["list", "--json"]), await SaysAsync(0, ["list", .. Store, "--json"]) })
        {
            var found = JsonNode.Parse(list)!.AsArray().ToDictionary(job => (string)job!["id"]!, job => job!);
            Assert.Equal(damaged.Keys.Concat(sound).Append(honest).Order(StringComparer.Ordinal), found.Keys.Order(StringComparer.Ordinal));
            foreach (var (id, (blob, way)) in damaged)
            {
                Assert.True((string)found[id]["state"]! == "unreadable", $"{blob}, {way}: {found[id]}");
                AssertSays(blob, way, (string)found[id]["error"]!);
            }
        }

        foreach (var ((blob, _), id) in damaged.GroupBy(job => job.Value.Blob).Select(group => (group.First().Value, group.First().Key)))
        {
            Assert.Contains(blob, await client.SaysAsync(1, ["status", "--job", id]), StringComparison.Ordinal);
            Assert.Contains(blob, await client.SaysAsync(1, ["watch", "--job", id]), StringComparison.Ordinal);
            Assert.Contains(blob, await SaysAsync(1, ["watch", .. Store, "--job", id]), StringComparison.Ordinal);
            Assert.Contains(blob, await client.ErrorAsync(1, ["cancel", "--job", id]), StringComparison.Ordinal);
            Assert.Contains(
                blob, await client.ErrorAsync(1, ["pull", "--job", id, "--out", Path.Combine(_server.Inputs, "pulled")]),
                StringComparison.Ordinal);
        }

        await AssertIdleAsync();
        Assert.True(_server.PeakMemory < MostMemory, $"the server took {_server.PeakMemory:N0} bytes");
        var log = _server.Log.Split('\n');
        foreach (var (id, (blob, way)) in damaged)
        {
            Assert.Equal(before[id], Contents(id)); // nobody wrote into it
            Assert.True(log.Count(line => line.Contains(id, StringComparison.Ordinal)) <= 1, $"{blob}, {way}: {_server.Log}");
        }

        foreach (var (index, (id, (blob, way))) in damaged.Index())
        {
            if (index % 17 == 0)
                await client.SaysAsync(0, ["purge", "--job", id]);
            else if (index % 17 == 1)
                await SaysAsync(0, ["purge", .. Store, "--job", id]);
            else
                Assert.True(await jobs.DeleteAsync(new JobFolder(id), default));
            Assert.False(Directory.Exists(Path.Combine(_server.Store, "jobs", id)), $"{blob}, {way}");
        }

        Assert.Equal(
            sound.Append(honest).Order(StringComparer.Ordinal),
            JsonNode.Parse(await client.SaysAsync(0, ["list", "--json"]))!.AsArray().Select(job => (string)job!["id"]!));
        await _server.StopAsync();
    }

    /// <summary>What can be wrong with a blob, by a name.</summary>
    static IEnumerable<(string Way, Action<string> Damage)> WaysOf(string blob)
    {
        IEnumerable<(string Way, Action<string> Damage)> any = BlobDamage.Any.Select(way => (way.Key, way.Value));
        if (blob == "induction_tokens.json") // it has no keys
            any = any.Where(way => way.Way is not ("a key twice" or "half a character" or "deep inside" or "wrong types"));
        return [.. any, .. Kinds[blob].Index().Select(
            edit => ($"edit {edit.Index}", (Action<string>)(file => BlobDamage.Edit(file, edit.Item))))];
    }

    /// <summary>A plan whose shards would take sixteen gigabytes to number, with the spec that belongs to it.</summary>
    [Fact]
    public async Task Plan_OfTwoBillionShards_IsUnreadableAndTakesNoMemory()
    {
        const int Rows = 2_000_000_000;
        var jobs = new JobStore(new FileBlobStore(_server.Store));
        var job = JobResolver.Resolve(Request);
        var spec = job.Spec with { Tokens = job.Spec.Tokens with { Rows = Rows } };
        var folder = await jobs.SubmitAsync(new ResolvedJob(spec, new JobPlan(Rows, 1), []), default);
        var other = await jobs.SubmitAsync(job with { Plan = new JobPlan(Rows, 1) }, default);
        await _server.StartAsync();
        var client = new ServerClient(_server.Address, null);
        foreach (var (id, why) in new[] { (folder.Id, "it makes 2,000,000,000 shards of 1 rows, where at most 1,000,000 shards are supported"), (other.Id, "it is of 2,000,000,000 rows, where the job has 24") })
        {
            Assert.Contains(why, await client.SaysAsync(1, ["status", "--job", id]), StringComparison.Ordinal);
            Assert.Contains(why, await SaysAsync(1, ["status", .. Store, "--job", id]), StringComparison.Ordinal);
        }

        Assert.True(_server.PeakMemory < MostMemory, $"the server took {_server.PeakMemory:N0} bytes");
        await _server.StopAsync();
    }

    /// <summary>What workers have made can be made again: the job fails and says which blob to delete, and the others go on.</summary>
    [Theory]
    [InlineData("shards/000001.stats", "Delete the blob to have the shard scored again")]
    [InlineData("shards/000001.*.scores", "Delete the blob to have the shard scored again")]
    [InlineData("weights.json", "Delete the blob to have the columns of the weights computed again")]
    public async Task Blob_OfAWorkerIsDamaged_FailsTheJobAloneUntilItIsDeleted(string blob, string remedy)
    {
        var jobs = new JobStore(new FileBlobStore(_server.Store));
        var ways = BlobDamage.Any.Where(way => way.Key is "no JSON" or "half of it" or "null" or "empty" or "huge").ToDictionary();
        var damaged = new Dictionary<string, string>();
        foreach (var (index, (way, damage)) in ways.Index())
        {
            // Scored, and not reduced: the manifest is what says that a job is done.
            var folder = await SubmitAsync(jobs, "induction_tokens.json", rows: 16 + index);
            var scored = Path.Combine(_server.Store, folder.Prefix);
            await ScoreAsync(jobs, folder);
            damage(Directory.EnumerateFiles(scored, "*", SearchOption.AllDirectories).Single(
                file => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(blob, Path.GetRelativePath(scored, file))));
            damaged.Add(folder.Id, way);
        }

        await _server.StartAsync();
        var client = new ServerClient(_server.Address, null);
        var honest = await client.SaysAsync(0, ["submit", "--model", "model", "--tokens", "inputs.safetensors", "--skip-heads"]);
        await DoneAsync(client, honest, blob);
        foreach (var (id, way) in damaged)
        {
            var job = JsonNode.Parse(await client.SaysAsync(3, ["watch", "--job", id, "--json"]))!;
            Assert.True(
                (string)job["state"]! == "failed" && ((string)job["error"]!).Contains(remedy, StringComparison.Ordinal), $"{way}: {job}");
        }

        Assert.True(_server.PeakMemory < MostMemory, $"the server took {_server.PeakMemory:N0} bytes");
        await _server.StopAsync();
    }

    /// <summary>A job that blob is one of: one that is done for a manifest, one that has failed for why it did.</summary>
    async Task<JobFolder> SubmitAsync(JobStore jobs, string blob, int rows, int examples = SoundExamples)
    {
        var job = JobResolver.Resolve(Request with { Rows = rows, Examples = examples, SkipHeads = blob != "induction_tokens.json" });
        var folder = await jobs.SubmitAsync(job, default);
        var reader = new JobStatusReader(jobs, TimeProvider.System);
        await reader.NoteSubmissionAsync(folder, "somebody", default);
        await reader.WriteControlAsync(folder, new JobControl(3), default);
        if (blob == "failed.json" && examples != SoundExamples)
            await jobs.Blobs.WriteAsync(
                folder.Failed, new JobFailure("000000", 4, "the device was lost", DateTimeOffset.UnixEpoch).ToJson());
        if (blob == "results/manifest.json")
            await new LocalEngine(jobs, new EngineOptions { Workers = 1, Threads = 1 }, TimeProvider.System)
                .RunAsync(folder, new Silent(), default);
        return folder;
    }

    /// <summary>Does all of a job but its reduction.</summary>
    static async Task ScoreAsync(JobStore jobs, JobFolder folder)
    {
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new LocalEngine(jobs, new EngineOptions { Workers = 1, Threads = 1 }, TimeProvider.System).RunAsync(folder, new Silent(stop.Cancel), stop.Token));
    }

    static async Task DoneAsync(ServerClient client, string id, string blob)
    {
        var job = JsonNode.Parse(await client.SaysAsync(0, ["watch", "--job", id, "--json"]))!;
        Assert.True((string)job["state"]! == "done", $"{blob}: {job}");
    }

    static void AssertSays(string blob, string way, string message)
    {
        Assert.Contains($"/{blob}: ", message, StringComparison.Ordinal);
        Assert.True(
            message.Contains("Restore it", StringComparison.Ordinal) || message.Contains("Use that version", StringComparison.Ordinal),
            $"{way}: {message}");
        Assert.True(message.Length < 1000 && !message.Any(char.IsControl), $"{way}: {message}");
        if (blob == "spec.json" && way == "edit 0")
            Assert.Contains("a newer version of HeadScope wrote this job (format 2", message, StringComparison.Ordinal);
    }

    /// <summary>
    /// While there is nothing but jobs that cannot be read, the server comes to rest: over three seconds it uses at most a tenth of a
    /// processor. Just after other work the runtime still compiles, so there are several tries.
    /// </summary>
    async Task AssertIdleAsync()
    {
        var used = 1.0;
        for (var tries = 0; tries < 10 && used >= 0.1; tries++)
        {
            var (clock, before) = (Stopwatch.StartNew(), _server.ProcessorTime);
            await Task.Delay(TimeSpan.FromSeconds(3));
            used = (_server.ProcessorTime - before) / clock.Elapsed;
        }

        Assert.True(used < 0.1, string.Create(CultureInfo.InvariantCulture, $"the server used {used:P0} of a processor"));
    }

    /// <summary>What is in a job's folder, and what it is.</summary>
    List<string> Contents(string id) =>
    [
        .. new DirectoryInfo(Path.Combine(_server.Store, "jobs", id)).EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
            .Select(item => $"{item.FullName} {(item as FileInfo)?.Length} {item.LastWriteTimeUtc.Ticks}").Order(StringComparer.Ordinal),
    ];

    static async Task<string> SaysAsync(int expected, string[] arguments)
    {
        var (code, output, error) = await HeadScopeProcess.RunAsync(arguments);
        Assert.True(code == expected, $"{arguments[0]} ended with {code}: {error}");
        return output;
    }

    /// <param name="reducing">Called when the reduction starts.</param>
    sealed class Silent(Action? reducing = null) : IJobObserver
    {
        public void RowsScored(int rows)
        {
        }

        public void ShardCommitted(HeadScope.Jobs.Shards.ShardRecord record, HeadScope.Jobs.Shards.HeadStatistics statistics)
        {
        }

        public void ShardFailed(string unit, Exception cause)
        {
        }

        public void Reducing() => reducing?.Invoke();
    }
}
