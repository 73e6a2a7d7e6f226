using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

/// <summary>Jobs in a blob container, while workers die and the service goes away.</summary>
public sealed class AzureTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Work_AWorkerIsKilledAndTheServiceRestarts_MakesTheBytesOfARun()
    {
        using var azurite = await Azurite.StartAsync();
        string[] job = LongJob.Write(_folder.File("tokens.safetensors"), times: 8);
        string[] store = ["--store", "azure://jobs/of-mine"];
        var connection = new Dictionary<string, string> { ["AZURE_STORAGE_CONNECTION_STRING"] = azurite.ConnectionString() };
        var said = new List<string>();

        var id = await SaysAsync(["submit", .. store, .. job, "--shard-rows", "2"]);
        Assert.Equal(id, await SaysAsync(["submit", .. store, .. job, "--shard-rows", "2"]));
        using (var dying = Worker())
        using (var living = Worker())
        {
            await dying.SaysAsync(" shards,");
            Assert.True(await dying.KillAfterAsync(TimeSpan.Zero), "the job was done before a worker could be killed: make it larger");
            await azurite.StopAsync();
            await Task.Delay(TimeSpan.FromSeconds(2)); // the living one's requests fail meanwhile
            await azurite.StartAgainAsync();
            using var late = Worker();
            foreach (var worker in new[] { living, late })
            {
                var (code, output, error) = await worker.EndAsync();
                Assert.True(code == 0, error);
                said.AddRange([output, error]);
            }
        }

        Assert.StartsWith($"{id}  done", await SaysAsync(["status", .. store, "--job", id]), StringComparison.Ordinal);
        await SaysAsync(["pull", .. store, "--job", id, "--out", _folder.File("pulled")]);
        await SaysAsync(["run", .. job, "--out", _folder.File("run")]);
        StoreTests.AssertSameResults(_folder.File("run"), _folder.File("pulled"));

        var files = Directory.GetFiles(_folder.File("pulled"), "*.json").Select(File.ReadAllText);
        Assert.All(said.Concat(files), text => Assert.DoesNotContain(azurite.Key, text, StringComparison.Ordinal));

        HeadScopeProcess Worker() => HeadScopeProcess.Start(connection, ["work", .. store, "--workers", "1", "--threads", "1"]);

        async Task<string> SaysAsync(string[] arguments)
        {
            var (code, output, error) = await HeadScopeProcess.RunAsync(connection, arguments);
            Assert.True(code == 0, $"{arguments[0]} ended with {code}: {error}");
            said.AddRange([output, error]);
            return output;
        }
    }

    [SkippableFact]
    public async Task Store_ThatCannotBeUsed_SaysWhyWithoutSecrets()
    {
        using var azurite = await Azurite.StartAsync();
        var endpoint = $"{azurite.Address}{Azurite.Account}";
        foreach (var (store, connection, message) in new[]
        {
            ("azure://jobs", "", "AZURE_STORAGE_CONNECTION_STRING is not set"),
            ("azure://jobs", azurite.ConnectionString(), "there is no such container"),
            ("azure://jobs", azurite.ConnectionString().Replace(azurite.Key, "c2VjcmV0", StringComparison.Ordinal), "access was denied"),
            ($"{endpoint}/jobs?sv=2022-11-02&sr=c&sp=rwdl&se=2099-01-01T00%3A00%3A00Z&sig=c2VjcmV0", "", "access was denied"),
            ($"{endpoint}/jobs", "", "without https"),
        })
        {
            var (code, output, error) = await HeadScopeProcess.RunAsync(
                new Dictionary<string, string> { ["AZURE_STORAGE_CONNECTION_STRING"] = connection }, "list", "--store", store, "--json");
            Assert.Equal(1, code);
            Assert.Contains(message, error, StringComparison.Ordinal);
            Assert.DoesNotContain("c2VjcmV0", output + error, StringComparison.Ordinal);
            Assert.DoesNotContain(azurite.Key, output + error, StringComparison.Ordinal);
        }
    }
}
