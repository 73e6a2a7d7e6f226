using HeadScope.Data.Frames;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

/// <summary>What README says one can type, typed.</summary>
public sealed class ReadmeTests : IAsyncLifetime
{
    static readonly string Repository = Fixture.PathOf("..", "..");
    static readonly string DemoModel = Path.Combine(Repository, "src", "Client", "Demo");

    readonly TemporaryFolder _folder = new();
    HubServer _hub = null!;

    public async Task InitializeAsync()
    {
        // The hub's names, with a small model and dataset under them.
        _hub = await HubServer.StartAsync();
        _hub.AddFolder("EleutherAI/pythia-70m", DemoModel);
        var documents = Directory.GetFiles(Path.Combine(Repository, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(File.ReadAllText)
            .ToArray();
        var dataset = Directory.CreateDirectory(_folder.File("dataset/data")).FullName;
        using (var file = File.Create(Path.Combine(dataset, "train-00000-of-00001-4746b8785c874cc7.parquet")))
        {
            using var writer = new ParquetWriter(
                file, [new ColumnSpec("text", ColumnType.String)], new ParquetOptions { CreatedBy = "a test" });
            writer.Append(documents);
            writer.Complete();
        }

        _hub.AddFolder("datasets/NeelNanda/pile-10k", _folder.File("dataset"));

        // And the folders that it speaks of.
        var here = Directory.CreateDirectory(_folder.File("here")).FullName;
        var model = Directory.CreateDirectory(Path.Combine(here, "pythia-70m")).FullName;
        foreach (var file in Directory.GetFiles(DemoModel))
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        var texts = Directory.CreateDirectory(Path.Combine(here, "texts")).FullName;
        foreach (var (i, text) in documents.Take(60).Index())
            await File.WriteAllTextAsync(Path.Combine(texts, $"{i}.txt"), text);
    }

    public async Task DisposeAsync()
    {
        await _hub.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task YourModelYourData_EveryCommand_DoesWhatItSays()
    {
        var commands = CommandsOf("## Your model, your data");
        Assert.True(commands.Count >= 6, "README names fewer commands than it did.");
        foreach (var command in commands)
        {
            var (code, _, error) = await RunAsync(command);
            Assert.True(code == 0, $"{command}: {error}");
        }

        foreach (var result in new[] { "results/head_df.csv", "results/report.html", "results-of-texts/head_df.parquet", "heads/composition.parquet" })
            Assert.True(File.Exists(_folder.File($"here/{result}")), result);

        // Once more, without a hub.
        await _hub.StopAsync();
        var frame = await File.ReadAllBytesAsync(_folder.File("here/results/head_df.csv"));
        Directory.Delete(_folder.File("here/results"), recursive: true);
        File.Delete(_folder.File("here/pile.safetensors"));
        foreach (var command in commands.Take(2))
        {
            var (code, _, error) = await RunAsync(command);
            Assert.True(code == 0, $"{command}: {error}");
        }

        Assert.Equal(frame, await File.ReadAllBytesAsync(_folder.File("here/results/head_df.csv")));
    }

    async Task<(int Code, string Output, string Error)> RunAsync(string command)
    {
        using var process = HeadScopeProcess.StartIn(
            _folder.File("here"),
            new Dictionary<string, string>
            {
                ["HF_ENDPOINT"] = _hub.Endpoint,
                ["HF_HOME"] = _folder.File("home"),
                ["HF_HUB_CACHE"] = "",
                ["HF_TOKEN"] = "",
                ["HF_TOKEN_PATH"] = "",
                ["HF_HUB_OFFLINE"] = "",
            },
            command.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return await process.EndAsync();
    }

    /// <summary>The arguments of headscope in the shell blocks of a section.</summary>
    static List<string> CommandsOf(string heading)
    {
        const string Program = "bin/headscope ";
        var commands = new List<string>();
        var (inSection, inBlock) = (false, false);
        foreach (var line in File.ReadLines(Path.Combine(Repository, "README.md")))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
                inSection = line == heading;
            else if (line.StartsWith("```", StringComparison.Ordinal))
                inBlock = line == "```sh";
            else if (inSection && inBlock && line.StartsWith(Program, StringComparison.Ordinal))
                commands.Add(line[Program.Length..].Split('#')[0]);
        }

        return commands;
    }
}
