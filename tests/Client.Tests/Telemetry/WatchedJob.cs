using System.Globalization;
using HeadScope.Data.Tokens;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Telemetry;

/// <summary>A job on the demo model that lasts some seconds: long enough to be watched.</summary>
internal sealed class WatchedJob : IDisposable
{
    const int DefaultRows = 1024;

    readonly TemporaryFolder _folder = new();

    /// <param name="rows">Null for what HEADSCOPE_WATCH_ROWS says, or 1024.</param>
    public WatchedJob(int? rows = null)
    {
        Rows = rows ?? (int.TryParse(
            Environment.GetEnvironmentVariable("HEADSCOPE_WATCH_ROWS"), CultureInfo.InvariantCulture, out var asked) ? asked : DefaultRows);
        using var tokens = TokenDataset.Open(new TokenLocation(Fixture.PathOf("demo", "inputs.safetensors")));
        Context = tokens.Context;
        var all = new int[tokens.Rows * tokens.Context];
        tokens.Read(0, all);
        TokenFile.Write(Tokens, [.. Enumerable.Range(0, Rows).Select(row => all.AsSpan(row % tokens.Rows * Context, Context).ToArray())]);
    }

    public int Rows { get; }

    public int Context { get; }

    public int ShardRows => 16;

    public int Shards => (Rows + ShardRows - 1) / ShardRows;

    public long Positions => (long)Rows * (Context - 1);

    public string[] Run(params string[] more) =>
        ["run", "--model", Model, "--tokens", Tokens, "--out", File("out"), "--shard-rows", ShardRows.ToString(CultureInfo.InvariantCulture), "--json", .. more];

    /// <summary>Of the job in the store.</summary>
    public string Id { get; private set; } = "";

    /// <summary>Puts the job into a store, for others to work on.</summary>
    public async Task<string> SubmitAsync()
    {
        var store = File("store");
        var request = new JobRequest { Model = Model, Tokens = new TokenLocation(Tokens), ShardRows = ShardRows };
        Id = (await new JobStore(new FileBlobStore(store)).SubmitAsync(JobResolver.Resolve(request), default)).Id;
        return store;
    }

    public string File(string name) => _folder.File(name);

    public void Dispose() => _folder.Dispose();

    /// <summary>The options of a server that may open the job's files.</summary>
    public string[] Roots => ["--models", Path.GetFullPath(Path.Combine(Model, "..")), "--tokens", Path.GetDirectoryName(Tokens)!];

    static string Model => Fixture.PathOf("..", "..", "src", "Client", "Demo");

    string Tokens => File("tokens.safetensors");
}
