using HeadScope.Data.Files;
using HeadScope.Data.Hub;
using HeadScope.Jobs.Roots;
using HeadScope.Silo.Api;
using HeadScope.Silo.Security;
using HeadScope.Tests.Support;

namespace HeadScope.Fuzzing.Targets;

/// <summary>What a server is sent, what it is told by its key file, and what a hub answers.</summary>
internal static class ServerTargets
{
    const string Commit = "0123456789abcdef0123456789abcdef01234567";

    /// <summary>What the faults of a body may take together, beside what they quote of it.</summary>
    const int MostFaultCharacters = 1 << 16;

    public static FuzzTarget HubListingOfRevision(TemporaryFolder folder) => new(
        [
            [.. $$$"""
            {"sha": "{{{Commit}}}", "siblings": [
              {"rfilename": "config.json", "size": 570, "blobId": "6c3f29a1"},
              {"rfilename": "model.safetensors", "size": 3012, "blobId": "aa12", "lfs": {"sha256": "00ff", "size": 3012}}]}
            """.Select(c => (byte)c)],
        ],
        length => 200L * length + (1 << 20), bytes => HubListing.Parse(bytes).ToTree());

    public static FuzzTarget HubTree(TemporaryFolder folder) => new(
        [
            [.. """
            {"format_version": 1, "files": {"config.json": {"size": 570, "blob_id": "6c3f29a1"},
              "model.safetensors": {"size": 3012, "blob_id": "aa12", "lfs_sha256": "00ff", "lfs_size": 3012}}}
            """u8],
        ],
        length => 200L * length + (1 << 20), bytes => HubListing.ParseTree(Commit, bytes).ToTree());

    public static FuzzTarget Submission(TemporaryFolder folder)
    {
        Directory.CreateDirectory(folder.File("models/tiny"));
        Directory.CreateDirectory(folder.File("tokens"));
        File.WriteAllBytes(folder.File("tokens/rows.safetensors"), []);
        var roots = new InputRoots([folder.File("models")], [folder.File("tokens")]);
        byte[][] seeds =
        [
            [.. """{"model": "tiny", "tokens": "rows.safetensors"}"""u8],
            [.. """
            {"model": "tiny", "revision": "main", "tokens": "rows.safetensors:tokens", "rows": 12, "scores": ["default", "entropy"],
             "quantile": 0.9, "no_induction_quantile": 0.95, "quantiles": [0, 0.5, 1], "raw": true, "keep_scores": false,
             "skip_heads": true, "induction_tokens": "rows.safetensors:ind", "seed": -3, "shard_rows": 8, "examples": 10,
             "precision": "bfloat16", "priority": 7}
            """u8],
            [.. """{"model": "EleutherAI/pythia-70m", "tokens": "rows.safetensors", "quantiles": "notebook"}"""u8],
        ];
        return new FuzzTarget(seeds, length => 200L * length + (1 << 20), bytes =>
        {
            using var body = StrictJson.ParseAsync(new MemoryStream(bytes), default).GetAwaiter().GetResult();
            var reader = new JobRequestReader(roots, allowHub: true);
            var asked = reader.Read(body.RootElement);
            Assert.InRange(reader.Faults.Sum(fault => fault.Length), 0, MostFaultCharacters + 2 * bytes.Length);
            if (reader.Faults.Count > 0)
                throw new InvalidDataException($"{reader.Faults.Count} faults");
            Assert.NotNull(asked);
        });
    }

    public static FuzzTarget Keys(TemporaryFolder folder)
    {
        var path = folder.File("keys.json");
        var file = new ApiKeyFile(path, TimeProvider.System);
        file.Add("reader", Role.Reader);
        file.Add("admin", Role.Admin);
        return new FuzzTarget([File.ReadAllBytes(path)], length => 200L * length + (1 << 20), bytes =>
        {
            File.WriteAllBytes(path, bytes); // in place: it stays its owner's alone
            var keys = new ApiKeyFile(path, TimeProvider.System);
            Assert.All(keys.Keys, key => Assert.True(ApiKey.IsName(key.Name) && Enum.IsDefined(key.Role)));
            Assert.Null(keys.Find(ApiKey.NewSecret()));
        });
    }
}
