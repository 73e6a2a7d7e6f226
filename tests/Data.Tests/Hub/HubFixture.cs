using System.Text;
using HeadScope.Data.Hub;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Hub;

/// <summary>A hub with one repository, an empty cache, and a client that loses patience soon.</summary>
internal sealed class HubFixture : IAsyncDisposable
{
    public const string Name = "org/name";

    readonly TemporaryFolder _folder = new();

    HubFixture(HubServer server, HubContent content)
    {
        (Server, Content) = (server, content);
        Options = new HubOptions
        {
            Endpoint = server.Endpoint,
            Cache = _folder.File("cache"),
            FirstWait = TimeSpan.FromMilliseconds(5),
            StallTimeout = TimeSpan.FromSeconds(5),
            AnswerTimeout = TimeSpan.FromSeconds(5),
        };
    }

    /// <summary>Sent by nobody unless a test says so; any text that holds it has leaked it.</summary>
    public static string Token => "hf_a_token_that_nobody_else_may_see";

    public static HubRepository Model { get; } = new(HubKind.Model, Name);

    /// <summary>3 MB that look random and are the same in every run.</summary>
    public static byte[] LargeContent { get; } = Random(3_000_000, seed: 1);

    public HubServer Server { get; }

    public HubContent Content { get; }

    public HubOptions Options { get; set; }

    public TimeProvider Time { get; set; } = TimeProvider.System;

    public List<HubProgress> Progress { get; } = [];

    public IEnumerable<string> Messages => Progress.Select(progress => progress.Message).OfType<string>();

    public string Repository => Path.Combine(Options.Cache, "models--org--name");

    /// <summary>A part of the address of model.safetensors, at the host for large files.</summary>
    public string AtLargeFiles =>
        Content.TryFind(Content.Head, "model.safetensors", out var file) ? $"/{file.Etag}/" : throw new InvalidOperationException();

    public static async Task<HubFixture> StartAsync(IReadOnlyDictionary<string, byte[]>? files = null, string host = "127.0.0.1")
    {
        var server = await HubServer.StartAsync(host);
        return new HubFixture(server, server.Add(Name, files ?? new Dictionary<string, byte[]>
        {
            ["config.json"] = "{}"u8.ToArray(),
            ["sub/notes.txt"] = "notes\n"u8.ToArray(),
            ["model.safetensors"] = LargeContent,
        }));
    }

    public static byte[] Random(int count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public Task<HubSnapshot> DownloadAsync(params string[] names) => DownloadAsync(HubRepository.DefaultRevision, names);

    public async Task<HubSnapshot> DownloadAsync(string revision, string[] names, CancellationToken cancellation = default)
    {
        using var client = new HubClient(Options, Time);
        return await client.DownloadAsync(Model, revision, all => names.Length > 0 ? names : all, new Recorder(Progress), cancellation);
    }

    public Task<HubException> FailsAsync(params string[] names) => Assert.ThrowsAsync<HubException>(() => DownloadAsync(names));

    public string File(string name) => _folder.File(name);

    /// <summary>Every file under the cache, and where links lead.</summary>
    public IReadOnlyList<string> CacheFiles() =>
        [.. Directory.EnumerateFiles(Options.Cache, "*", SearchOption.AllDirectories)
            .Select(
                path => Path.GetRelativePath(Options.Cache, path) + (new FileInfo(path).LinkTarget is { } target ? $" -> {target}" : ""))
            .Order(StringComparer.Ordinal)];

    /// <summary>Everything that the client wrote, said or put into a fault.</summary>
    public string AllText(Exception? fault = null) => string.Join('\n', [
        .. Messages, fault?.ToString() ?? "", Options.ToString(),
        .. CacheFiles(), .. Directory.EnumerateFiles(Options.Cache, "*", SearchOption.AllDirectories).Select(path => Encoding.Latin1.GetString(System.IO.File.ReadAllBytes(path)))]);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    sealed class Recorder(List<HubProgress> reports) : IProgress<HubProgress>
    {
        public void Report(HubProgress value) => reports.Add(value);
    }
}
