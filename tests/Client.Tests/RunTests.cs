using System.Text.Json;
using HeadScope.Data.Frames;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

/// <summary>headscope run, as a person types it.</summary>
public sealed class RunTests : IDisposable
{
    static readonly string Model = Fixture.PathOf("neox-tiny", "model");
    static readonly string Tokens = Fixture.PathOf("neox-tiny", "inputs.safetensors");

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    string[] Command(string output, params string[] more) =>
        ["run", "--model", Model, "--tokens", Tokens, "--out", _folder.File(output), "--induction-tokens", $"{Tokens}:ind_tokens", .. more];

    [SkippableFact]
    public async Task Run_Results_OpenInTwoReadersWithTheOraclesScores()
    {
        var (code, _, error) = await HeadScopeProcess.RunAsync(Command("out", "--keep-scores", "--raw", "--shard-rows", "7"));
        Assert.True(code == 0, error);

        using var oracle = new OracleModel("neox-tiny", "raw", OracleModel.Processing("raw"), new NoOutput(), threads: 1);
        var scores = oracle.Score();
        oracle.Meets("head_dla", scores.Of("head_dla"));
        var (heads, rows, positions) = (scores.Heads, scores.Sequences, scores.PositionsPerSequence);
        var cells = (
            from row in Enumerable.Range(0, rows)
            from pos in Enumerable.Range(0, positions)
            from head in Enumerable.Range(0, heads)
            select (Row: row, Pos: pos, Head: head, Index: head * rows * positions + row * positions + pos)).ToArray();
        var expectedScores = new Frame()
            .Add("row", Array.ConvertAll(cells, cell => cell.Row))
            .Add("pos", Array.ConvertAll(cells, cell => cell.Pos))
            .Add("layer", Array.ConvertAll(cells, cell => cell.Head / 4))
            .Add("head", Array.ConvertAll(cells, cell => cell.Head % 4));
        foreach (var name in new[] { "head_dla", "mover_attn", "mover_dla" })
        {
            var values = scores.Of(name);
            expectedScores.Add(name, Array.ConvertAll(cells, cell => values[cell.Index]));
        }

        var tokens = oracle.Inputs!.Integers("tokens");
        var all = Enumerable.Range(0, rows * positions).ToArray();
        var expectedLoss = new Frame()
            .Add("row", Array.ConvertAll(all, i => i / positions))
            .Add("pos", Array.ConvertAll(all, i => i % positions))
            .Add("token", Array.ConvertAll(all, i => tokens[i / positions * (positions + 1) + i % positions + 1]))
            .Add("loss", scores.Loss.ToArray())
            .Add("num_copies", scores.NumCopies.ToArray())
            .Add("is_movable", Array.ConvertAll(scores.NumCopies.ToArray(), copies => copies > 0))
            .Add("is_induction", scores.IsInduction.ToArray());
        ParquetReaders.AssertHolds(
            (_folder.File("out/scores.parquet"), expectedScores), (_folder.File("out/token_loss.parquet"), expectedLoss));
    }

    [SkippableFact]
    public async Task Run_HeadFrame_IsWhatAnotherProgramComputesFromTheScores()
    {
        var (code, _, error) = await HeadScopeProcess.RunAsync(Command("out", "--keep-scores", "--quantiles", "0.5,0.99"));
        Assert.True(code == 0, error);
        string Path(string file) => $"'{_folder.File($"out/{file}")}'";
        foreach (var (score, column, level, noInduction) in new[]
        {
            ("head_dla", "head_dla", 0.9, false), ("mover_attn", "mover_attn", 0.9, false), ("mover_dla", "mover_dla", 0.9, false), ("mover_dla / head_dla", "dla_ratio", 0.9, false),
            ("head_dla", "head_dla_no_ind", 0.95, true), ("mover_attn", "mover_attn_no_ind", 0.95, true),
            ("mover_dla", "mover_dla_no_ind", 0.95, true), ("mover_dla / head_dla", "ratio_dla_no_ind", 0.95, true),
        })
        {
            var differing = ParquetReaders.Query($"""
                with q as (
                    select layer, head, cast(quantile_cont(cast({score} as double), {level}) as float) as value
                    from read_parquet({Path("scores.parquet")}) join read_parquet({Path("token_loss.parquet")}) using (row, pos)
                    {(noInduction ? "where not is_induction" : "")} group by layer, head)
                select f.label, f.{column}, q.value from read_parquet({Path("head_df.parquet")}) f join q on f.L = q.layer and f.H = q.head
                where f.{column} is distinct from q.value
                """);
            Assert.True(differing.Length == 0, $"{column}: {string.Join("; ", differing.Select(row => string.Join(", ", row)))}");
        }

        var csv = ParquetReaders.Query($"select count(*) from (select * from read_csv({Path("head_df.csv")}, auto_type_candidates = " +
            $"['INTEGER', 'FLOAT', 'VARCHAR']) except select * from read_parquet({Path("head_df.parquet")}))");
        Assert.Equal("0", csv[0][0]);
        var quantiles = ParquetReaders.Query($"select distinct format('{{:.2f}}', q) as q, typeof(quantiles.q), typeof(value), " +
            $"typeof(L), typeof(label) from read_parquet({Path("quantiles.parquet")}) quantiles order by 1");
        Assert.Equal(["0.50", "0.90", "0.95", "0.99"], quantiles.Select(row => row[0]));
        Assert.All(quantiles, row => Assert.Equal("FLOAT FLOAT INTEGER VARCHAR", string.Join(" ", row[1..])));
        var examples = ParquetReaders.Query($"""
            select count(*) from read_parquet({Path("examples.parquet")}) e join read_parquet({Path("scores.parquet")}) s
            on e.row = s.row and e.pos = s.pos and e.L = s.layer and e.H = s.head
            where e.score = 'head_dla' and e.rank = 0 and e.side = 'highest' and e.population = 'all'
            and e.value = s.head_dla and s.head_dla = (select max(head_dla) from read_parquet({Path("scores.parquet")}) m where m.layer = e.L and m.head = e.H)
            """);
        Assert.Equal("12", examples[0][0]);
    }

    [Fact]
    public async Task Run_KilledTwentyTimes_ResumesToTheSameBytes()
    {
        // Enough rows that twenty starts and ends fall into the work.
        var job = LongJob.Write(_folder.File("many.safetensors"));
        string[] Run(string output) => ["run", .. job, "--out", _folder.File(output), "--shard-rows", "4", "--json"];
        var (code, whole, error) = await HeadScopeProcess.RunAsync(Run("whole"));
        Assert.True(code == 0, error);

        var seed = Environment.TickCount;
        var random = new Random(seed);
        var kills = 0;
        while (kills < 20)
        {
            using var process = HeadScopeProcess.Start(Run("killed"));
            if (!await process.KillAfterAsync(TimeSpan.FromMilliseconds(random.Next(150, 900))))
                break;
            kills++;
        }

        (code, _, error) = await HeadScopeProcess.RunAsync(Run("killed"));
        Assert.True(code == 0, $"seed {seed}, after {kills} kills: {error}");
        Assert.True(kills >= 10, $"the job was done after {kills} kills: make it larger");
        Assert.Equal(
            await File.ReadAllBytesAsync(_folder.File("whole/manifest.json")),
            await File.ReadAllBytesAsync(_folder.File("killed/manifest.json")));
        foreach (var file in JsonDocument.Parse(whole).RootElement.GetProperty("files").EnumerateObject())
            Assert.Equal(
                await File.ReadAllBytesAsync(_folder.File($"whole/{file.Name}")),
                await File.ReadAllBytesAsync(_folder.File($"killed/{file.Name}")));
    }

    [Fact]
    public async Task Work_TwoProcessesOnOneJob_MakeTheSameBytes()
    {
        var (code, _, error) = await HeadScopeProcess.RunAsync(Command("alone", "--shard-rows", "1", "--batch-size", "1"));
        Assert.True(code == 0, error);

        // A run that dies early leaves a job that others can take up.
        using (var dying = HeadScopeProcess.Start(Command("shared", "--shard-rows", "1", "--batch-size", "1")))
        {
            await dying.SaysAsync("Job ");
            await dying.KillAfterAsync(TimeSpan.Zero);
        }

        string[] work = ["work", "--store", _folder.File("shared/.headscope"), "--batch-size", "3"];
        using var first = HeadScopeProcess.Start(work);
        using var second = HeadScopeProcess.Start(work);
        foreach (var process in new[] { first, second })
        {
            (code, _, error) = await process.EndAsync();
            Assert.True(code == 0, error);
        }

        (code, _, error) = await HeadScopeProcess.RunAsync(Command("shared"));
        Assert.True(code == 0, error);
        Assert.Equal(
            await File.ReadAllBytesAsync(_folder.File("alone/manifest.json")),
            await File.ReadAllBytesAsync(_folder.File("shared/manifest.json")));
    }

    [Theory]
    [InlineData("DOTNET_EnableAVX512")]
    [InlineData("DOTNET_EnableAVX2")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    public async Task Run_OnALesserProcessor_MakesTheSameBytes(string missing)
    {
        var (code, _, error) = await HeadScopeProcess.RunAsync(Command("here", "--rows", "6"));
        Assert.True(code == 0, error);
        using var lesser = HeadScopeProcess.Start(new Dictionary<string, string> { [missing] = "0" }, Command("there", "--rows", "6"));
        (code, _, error) = await lesser.EndAsync();
        Assert.True(code == 0, error);
        Assert.Equal(
            await File.ReadAllBytesAsync(_folder.File("here/manifest.json")),
            await File.ReadAllBytesAsync(_folder.File("there/manifest.json")));
    }

    [Fact]
    public async Task Run_Again_SaysItIsDoneAndChangesNothing()
    {
        await HeadScopeProcess.RunAsync(Command("out"));
        var before = File.GetLastWriteTimeUtc(_folder.File("out/head_df.csv"));
        var (code, output, _) = await HeadScopeProcess.RunAsync(Command("out"));
        Assert.Equal(0, code);
        Assert.Contains("done already", output, StringComparison.Ordinal);
        Assert.Equal(before, File.GetLastWriteTimeUtc(_folder.File("out/head_df.csv")));

        // Another job does not mix its results with these.
        (code, _, var error) = await HeadScopeProcess.RunAsync(Command("out", "--raw"));
        Assert.Equal(2, code);
        Assert.Contains("--force", error, StringComparison.Ordinal);
        (code, _, _) = await HeadScopeProcess.RunAsync(Command("out", "--raw", "--force"));
        Assert.Equal(0, code);
    }

    [SkippableFact]
    public async Task Run_Interrupted_Ends130AndResumes()
    {
        Skip.If(OperatingSystem.IsWindows(), "sends a signal");
        string[] run = ["run", .. LongJob.Write(
            _folder.File("many.safetensors"), times: 15), "--out", _folder.File("out"), "--shard-rows", "2"];
        using (var process = HeadScopeProcess.Start(run))
        {
            await process.SaysAsync("shards,");
            process.Interrupt();
            var (interrupted, _, said) = await process.EndAsync();
            Assert.Equal(130, interrupted);
            Assert.Contains("same command", said, StringComparison.Ordinal);
        }

        var (code, _, error) = await HeadScopeProcess.RunAsync(run);
        Assert.Equal(0, code);
        Assert.Contains("rows done already", error, StringComparison.Ordinal);
    }

    sealed class NoOutput : Xunit.Abstractions.ITestOutputHelper
    {
        public void WriteLine(string message)
        {
        }

        public void WriteLine(string format, params object[] args)
        {
        }
    }
}
