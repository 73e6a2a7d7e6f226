using HeadScope.Jobs.Records;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.Jobs.Tests.Records;

/// <summary>Blobs of a real job, damaged at random: each is read, or refused as unreadable, and neither takes more than its length explains.</summary>
public sealed class JobBlobsFuzzTests(ITestOutputHelper output) : IAsyncLifetime
{
    readonly JobFixture _fixture = new();
    JobFolder _folder = null!;
    JobSpec _spec = null!;
    JobPlan _plan = null!;

    public async Task InitializeAsync()
    {
        (_folder, _) = await _fixture.RunAsync(JobFixture.TinyRequest with { ShardRows = 8 });
        (_spec, _plan) = await _fixture.Jobs.ReadAsync(_folder, default);
    }

    public Task DisposeAsync()
    {
        _fixture.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public void Spec_Damaged_IsReadOrRefused() => CheckJson(Blob(_folder.Spec), json => JobBlobs.Spec(_folder, json), always: false);

    [Fact]
    public void Plan_Damaged_IsReadOrRefusedAndNeverLarge() => CheckJson(Blob(_folder.Plan), json =>
    {
        var plan = JobBlobs.Plan(_folder, _spec, json);
        Assert.InRange(plan.Shards, 1, JobLimits.Shards);
        Assert.Equal(plan.Rows, Enumerable.Range(0, plan.Shards).Sum(shard => plan.Range(shard).Rows));
    });

    [Fact]
    public void InductionTokens_Damaged_AreRefused() => CheckJson(Blob(_folder.InductionTokens), json => JobBlobs.InductionTokens(_folder, _spec.Induction!, json), always: false);

    [Fact]
    public void Control_Damaged_IsReadOrRefused() => CheckJson(JobJson.Write(new JobControl(7, Paused: true)), json =>
        Assert.InRange(JobBlobs.Control(_folder, json).Priority, (int)RequestRules.Priority.Lowest, (int)RequestRules.Priority.Highest));

    [Fact]
    public void Submission_Damaged_IsReadOrRefused() => CheckJson(JobJson.Write(new JobSubmission(DateTimeOffset.UnixEpoch, "someone")), json => JobBlobs.Submission(_folder, json));

    [Fact]
    public void Failure_Damaged_IsReadOrRefused() => CheckJson(new JobFailure("000001", 4, "the device was lost", DateTimeOffset.UnixEpoch).ToJson(), json => Assert.NotNull(JobBlobs.Failure(_folder, json).Message));

    [Fact]
    public void Manifest_Damaged_IsReadOrRefusedAndNamesFilesOnly() => CheckJson(Blob(_folder.Manifest), json =>
        Assert.All(JobBlobs.Manifest(_folder, json).Files, file => Assert.Equal((file.Key, 64), (Path.GetFileName(file.Key), file.Value.Sha256.Length))));

    [Fact]
    public void Stats_Damaged_AreReadOrRefusedAndOfTheJobsShape()
    {
        var shape = new ShardShape(_spec, _plan);
        var statistics = shape.NewStatistics();
        var whole = Blob(_folder.ShardStats(1));
        Check(Damaged, length => 64L * length + (4 << 20), blob =>
        {
            var record = ShardStatsFile.Read(blob, "damaged", shape, statistics);
            Assert.Null(shape.FaultOf(record));
            Assert.InRange(shape.LayoutOf(record).Length(shape.Heads), 0, 1L << 30);
        });

        // With the checksum right: it is no signature, and hides damage from what lies behind it.
        byte[] Damaged(Random random)
        {
            var bytes = new List<byte>(whole[..^4]);
            for (var changes = random.Next(4); changes > 0; changes--)
            {
                var at = random.Next(2) == 0 ? random.Next(Math.Min(bytes.Count, 1500)) : random.Next(bytes.Count); // the record, or all of it
                if (random.Next(2) == 0)
                    ByteChanges.Overwrite(bytes, at, random);
                else
                    ByteChanges.Any(bytes, at, longest: 200, random);
            }

            return [.. bytes, .. BitConverter.GetBytes(ShardScoresFile.Checksum([.. bytes]))];
        }
    }

    /// <param name="always">Whether some damage leaves a value that holds.</param>
    void CheckJson(byte[] json, Action<byte[]> read, bool always = true) =>
        Check(random => random.Next(always ? 200 : 50) == 0 ? json : JsonMutator.Next(json, random), length => 200L * length + (1 << 20), read);

    void Check(Func<Random, byte[]> next, Func<int, long> bound, Action<byte[]> read) => FuzzRun.Check(output, 10_000, next, bound, bytes =>
    {
        try
        {
            read(bytes);
        }
        catch (UnreadableBlobException e)
        {
            Assert.True(e.Message.Length < 2000 && !e.Message.Any(char.IsControl), e.Message);
            throw new InvalidDataException(e.Message, e);
        }
    });

    byte[] Blob(string name) => File.ReadAllBytes(Path.Combine(_fixture.Jobs.Blobs.Location, name));
}
