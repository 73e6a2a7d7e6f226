using HeadScope.Data.Frames;
using HeadScope.Data.Tokens;
using HeadScope.Jobs;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Tests;
using HeadScope.Jobs.Work;
using HeadScope.Tests.Support;

namespace HeadScope.Fuzzing.Targets;

/// <summary>The blobs of a job that ran.</summary>
internal static class JobTargets
{
    static readonly RandomLlama Model = new() { Layers = 1, Model = 8, Heads = 2, KeyValueHeads = 1, HeadSize = 4, Mlp = 8, Context = 16 };

    /// <summary>A job whose blobs stay as they are.</summary>
    static readonly Lazy<Job> Done = new(Job.Run);

    static JobFolder Folder => Done.Value.Folder;

    public static FuzzTarget Spec(TemporaryFolder folder) => Json(Done.Value.Blob(Folder.Spec), json => JobBlobs.Spec(Folder, json));

    public static FuzzTarget Plan(TemporaryFolder folder) => Json(Done.Value.Blob(Folder.Plan), json =>
    {
        var plan = JobBlobs.Plan(Folder, Done.Value.Spec, json);
        Assert.InRange(plan.Shards, 1, JobLimits.Shards);
        Assert.Equal(plan.Rows, Enumerable.Range(0, plan.Shards).Sum(shard => plan.Range(shard).Rows));
    });

    public static FuzzTarget InductionTokens(TemporaryFolder folder) => Json(
        Done.Value.Blob(Folder.InductionTokens),
        json => JobBlobs.InductionTokens(Folder, Done.Value.Spec.Induction!, json));

    public static FuzzTarget Control(TemporaryFolder folder) => Json(JobJson.Write(new JobControl(7, Paused: true)), json =>
        Assert.InRange(JobBlobs.Control(Folder, json).Priority, (int)RequestRules.Priority.Lowest, (int)RequestRules.Priority.Highest));

    public static FuzzTarget Submitter(TemporaryFolder folder) => Json(
        JobJson.Write(new JobSubmission(DateTimeOffset.UnixEpoch, "someone")), json => JobBlobs.Submission(Folder, json));

    public static FuzzTarget Failure(TemporaryFolder folder) => Json(
        new JobFailure("000001", 4, "the device was lost", DateTimeOffset.UnixEpoch).ToJson(),
        json => Assert.NotNull(JobBlobs.Failure(Folder, json).Message));

    public static FuzzTarget Manifest(TemporaryFolder folder) => Json(Done.Value.Blob(Folder.Manifest), json => Assert.All(
        JobBlobs.Manifest(Folder, json).Files,
        file => Assert.Equal((file.Key, 64), (Path.GetFileName(file.Key), file.Value.Sha256.Length))));

    public static FuzzTarget WeightsColumns(TemporaryFolder folder)
    {
        var job = Job.Run();
        return Json(job.Blob(job.Folder.WeightsColumns), json =>
        {
            job.Replace(job.Folder.WeightsColumns, json);
            var heads = new ShardShape(job.Spec, job.Plan).Heads;
            Jobs.Shards.WeightsColumns.ReadAsync(job.Fixture.Jobs.Blobs, job.Folder, heads, default).GetAwaiter().GetResult();
        });
    }

    /// <summary>Nothing is refused: a claim that cannot be read lapses like any other.</summary>
    public static FuzzTarget Claim(TemporaryFolder folder)
    {
        var job = Job.Run();
        var holding = new BlobClaims.Holding("worker", Jobs.ProcessIdentity.Current, DateTimeOffset.UnixEpoch, 3, "silo");
        return Json(JobJson.Write(holding), json =>
        {
            job.Replace($"{job.Folder.Claims}000000.1", json);
            var claims = new BlobClaims(job.Fixture.Jobs.Blobs, job.Folder, TimeProvider.System, BlobClaims.DefaultDuration);
            claims.HeldUnitsAsync(_ => false, default).GetAwaiter().GetResult();
        });
    }

    public static FuzzTarget ShardStatistics(TemporaryFolder folder)
    {
        var shape = new ShardShape(Done.Value.Spec, Done.Value.Plan);
        return new FuzzTarget([Done.Value.Blob(Folder.ShardStats(0))], length => 64L * length + (4 << 20), blob =>
        {
            HeadStatistics statistics = shape.NewStatistics(), merged = shape.NewStatistics();
            var record = ShardStatsFile.Read(blob, "damaged", shape, statistics);
            Assert.Null(shape.FaultOf(record));
            Assert.InRange(shape.LayoutOf(record).Length(shape.Heads), 0, 1L << 30);
            merged.Merge(statistics);
            merged.Merge(statistics);
            LivePreview.Of(merged, record.Rows, Done.Value.Spec);
            Frames.Moments(merged, shape.Heads);
        })
        {
            Damage = DamageStatistics,
        };
    }

    /// <summary>Scores whose checksums are right, mostly, and all that a reduction makes of them.</summary>
    public static FuzzTarget ShardScores(TemporaryFolder folder)
    {
        var job = Job.Score();
        var shape = new ShardShape(job.Spec, job.Plan);
        var statistics = shape.NewStatistics();
        var stats = job.Blob(job.Folder.ShardStats(0));
        var record = ShardStatsFile.Read(stats, "whole", shape, statistics);
        var layout = shape.LayoutOf(record);
        return new FuzzTarget([job.Blob(record.ScoresBlob)], length => 64L * length + (48 << 20), scores =>
        {
            uint[] checksums = [.. Enumerable.Range(0, record.Checksums.Length).Select(layout.Section).Select((section, index) =>
                section.Offset + section.Length <= scores.Length
                    ? ShardScoresFile.Checksum(scores.AsSpan((int)section.Offset, section.Length)) : record.Checksums[index])];
            job.Replace(record.ScoresBlob, scores);
            job.Replace(job.Folder.ShardStats(0), ShardStatsFile.Write(record with { Checksums = checksums }, statistics));
            var shards = CommittedShards.ReadAsync(job.Fixture.Jobs.Blobs, job.Folder, job.Spec, job.Plan, shape.Heads, threads: 1, default)
                .GetAwaiter().GetResult();
            new QuantilePass(shards, job.Spec.Scores.Quantiles).RunAsync(1, default).GetAwaiter().GetResult();
            var losses = new TokenLossTable(shards);
            losses.WriteAsync(new MemoryStream(), new ParquetOptions { CreatedBy = "fuzz" }, default).GetAwaiter().GetResult();
            losses.Summarize(shards.Statistics);
        })
        {
            Damage = (inputs, random) =>
            {
                // The positions come first, and are few.
                var bytes = ByteChanges.Pick(inputs, random).ToArray();
                var most = random.Next(2) == 0 ? (int)layout.Section(ShardScoresFile.FirstHeadSection).Offset : bytes.Length;
                for (var changes = random.Next(1, 4); changes > 0; changes--)
                    bytes[random.Next(Math.Min(most, bytes.Length))] = (byte)ByteChanges.Pick(ByteChanges.Extremes, random);
                return random.Next(20) == 0 ? ByteChanges.Next([bytes], random) : bytes;
            },
        };
    }

    /// <summary>With the checksum right, mostly: it is no signature, and hides damage from what lies behind it.</summary>
    static byte[] DamageStatistics(IReadOnlyList<byte[]> inputs, Random random)
    {
        var whole = ByteChanges.Pick(inputs, random);
        if (whole.Length < 4 || random.Next(20) == 0)
            return ByteChanges.Next(inputs, random);
        List<byte> bytes = [.. whole[..^4]];
        for (var changes = random.Next(4); changes > 0 && bytes.Count > 0; changes--)
        {
            var at = random.Next(2) == 0 ? random.Next(Math.Min(bytes.Count, 1500)) : random.Next(bytes.Count); // the record, or all of it
            if (random.Next(2) == 0)
                ByteChanges.Overwrite(bytes, at, random);
            else
                ByteChanges.Any(bytes, at, longest: 200, random);
        }

        return [.. bytes, .. BitConverter.GetBytes(ShardScoresFile.Checksum([.. bytes]))];
    }

    /// <summary>Now and then it is whole: of some blobs, no damage leaves a value that holds.</summary>
    static FuzzTarget Json(byte[] seed, Action<byte[]> read)
    {
        _ = Done.Value; // the job is no part of the first input's cost
        return new FuzzTarget([seed], length => 200L * length + (1 << 20), read)
        {
            Damage = (inputs, random) => random.Next(200) == 0 ? seed : JsonMutator.Next(inputs, random),
        };
    }

    /// <summary>A job of one shard and two heads, in a store of its own.</summary>
    sealed record Job(JobFixture Fixture, JobFolder Folder, JobSpec Spec, JobPlan Plan)
    {
        /// <summary>All of it.</summary>
        public static Job Run() => Make((fixture, request) => fixture.RunAsync(request, new EngineOptions { Workers = 1, Threads = 1 }));

        /// <summary>All but its reduction, which deletes the scores.</summary>
        public static Job Score() => Make((fixture, request) => fixture.ScoreAsync(request));

        public byte[] Blob(string name) => File.ReadAllBytes(PathOf(name));

        public void Replace(string name, byte[] content)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
            File.WriteAllBytes(PathOf(name), content);
        }

        static Job Make(Func<JobFixture, JobRequest, Task> run)
        {
            var fixture = new JobFixture();
            AppDomain.CurrentDomain.ProcessExit += (_, _) => fixture.Dispose();
            Model.Write(fixture.File("model"), seed: 1);
            TokenFile.Write(fixture.File("tokens.safetensors"), [[1, 5, 6, 7, 5, 6, 9, 9], [1, 2, 3, 2, 3, 2, 30, 31]]);
            var request = new JobRequest
            {
                Model = fixture.File("model"),
                Tokens = new TokenLocation(fixture.File("tokens.safetensors")),
                Scores = ["mover_dla", "dla_ratio"],
                Quantiles = [0.5],
                Examples = 2,
            };
            run(fixture, request).GetAwaiter().GetResult();
            var (job, folder) = fixture.SubmitAsync(request).GetAwaiter().GetResult();
            return new Job(fixture, folder, job.Spec, job.Plan);
        }

        string PathOf(string name) => Path.Combine(Fixture.Jobs.Blobs.Location, name);
    }
}
