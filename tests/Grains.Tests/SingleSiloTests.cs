using System.Net.Http.Json;
using System.Text.Json;
using HeadScope.Data.Tokens;
using HeadScope.Tests.Support;

namespace HeadScope.Grains.Tests;

/// <summary>A server by itself: a cluster that nobody can reach or join.</summary>
public class SingleSiloTests
{
    const int Rows = 40;

    [Fact]
    public async Task Start_TwoOnOneMachine_ListenForHttpAloneAndShareAJob()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("tokens"));
        RandomTokens.Write(folder.File("tokens/some.npy"), Rows);
        await using var first = await StartAsync(folder);
        await using var second = await StartAsync(folder);
        foreach (var server in new[] { first, second })
            Assert.Equal([$"tcp 0100007F:{server.Http.BaseAddress!.Port}"], Ports.BoundBy(server.ProcessId));

        var id = await first.SubmitAsync(new { model = "model", tokens = "some.npy", shard_rows = 1, skip_heads = true });
        var done = await second.UntilAsync(id, "done");
        Assert.Equal(Rows, done.GetProperty("shards_committed").GetInt32());
        foreach (var server in new[] { first, second })
        {
            var preview = await server.Http.GetFromJsonAsync<JsonElement>($"/v1/jobs/{id}/preview");
            Assert.Equal(Rows, preview.GetProperty("rows").GetInt32());
            Assert.Equal([$"tcp 0100007F:{server.Http.BaseAddress!.Port}"], Ports.BoundBy(server.ProcessId));
        }

        var expected = await LocalRun.RunAsync(LocalRun.Tiny with { Tokens = new TokenLocation(folder.File("tokens/some.npy")), InductionTokens = null, ShardRows = 1, SkipHeads = true });
        await LocalRun.SameBytesAsync(expected, name => first.Http.GetByteArrayAsync($"/v1/jobs/{id}/results/{name}"));
        foreach (var server in new[] { first, second })
            Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task Preview_NoWorkersYet_IsThereAndTheJobIsReducedOnceTheyCome()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("tokens"));
        RandomTokens.Write(folder.File("tokens/some.npy"), Rows);
        await using var keeper = await StartAsync(folder, "--workers", "0");
        var id = await keeper.SubmitAsync(new { model = "model", tokens = "some.npy", shard_rows = 4, skip_heads = true });
        Assert.Equal(0, (await keeper.Http.GetFromJsonAsync<JsonElement>($"/v1/jobs/{id}/preview")).GetProperty("rows").GetInt32());
        await using var worker = await StartAsync(folder, "--workers", "1");
        await keeper.UntilAsync(id, "done");
        Assert.Equal(Rows, (await keeper.Http.GetFromJsonAsync<JsonElement>($"/v1/jobs/{id}/preview")).GetProperty("rows").GetInt32());
    }

    [Theory]
    [InlineData("--silo-port", "11111")]
    [InlineData("--role", "gateway")]
    public async Task Start_OptionsOfAClusterWithoutOne_EndsWith2AndSaysWhatToDo(params string[] options)
    {
        using var folder = new TemporaryFolder();
        var (code, log) = await SiloProcess.RunAsync(null, ["--store", folder.File("store"), .. options]);
        Assert.Equal(2, code);
        Assert.Contains($"{options[0]} is for a cluster: give --cluster", log, StringComparison.Ordinal);
    }

    static Task<SiloProcess> StartAsync(TemporaryFolder folder, params string[] more) =>
        SiloProcess.StartAsync(folder.File("store"), folder.File("tokens"), more);
}
