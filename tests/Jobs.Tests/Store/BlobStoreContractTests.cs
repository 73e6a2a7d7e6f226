using System.Text;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Tests.Store;

/// <summary>What every store does, whatever it keeps its blobs in.</summary>
public abstract class BlobStoreContractTests
{
    const int Seed = 20240817;

    /// <summary>Names that some file system, URL or pattern might take for something else.</summary>
    static readonly string[] OddNames =
    [
        "a b/c d", "percent%20/%2e%2e/x", "hash#1", "plus+and&more=1;2,3", "~!$'()@[]{}^`", "..a", "a..b/.hidden", "ümläut/日本語/🙂.bin",
        "UPPER/lower", "a'b", "a/b/c/d/e/f/g/h",
    ];

    static readonly string[] BadNames =
        ["", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/..", "a/./b", "...", "a.", "a /b", " a", "a\\b", "..\\a", "C:\\a", "a:b", "a\0b", "a\nb", "a?b", "a*b", "a<b", "\ud800", new('a', 2000)];

    /// <summary>A store that is empty, with blocks of 1,000 bytes and pages of 7 where it has such.</summary>
    protected abstract Task<IBlobStore> OpenAsync();

    [SkippableFact]
    public async Task TryCreate_NoBlob_CreatesIt()
    {
        var store = await OpenAsync();
        Assert.True(await store.TryCreateAsync("a/b", Bytes("one")));
        Assert.Equal("one", await TextAsync(store, "a/b"));
        Assert.True(await store.ExistsAsync("a/b"));
        Assert.True(await store.TryCreateAsync("a/empty", Bytes("")));
        Assert.Equal("", await TextAsync(store, "a/empty"));
    }

    [SkippableFact]
    public async Task TryCreate_BlobExists_LeavesIt()
    {
        var store = await OpenAsync();
        await store.WriteAsync("a", Bytes("written"));
        Assert.False(await store.TryCreateAsync("a", Bytes("other")));
        Assert.True(await store.TryCreateAsync("b", Bytes("created")));
        Assert.False(await store.TryCreateAsync("b", Bytes("created")));
        Assert.Equal("written created", $"{await TextAsync(store, "a")} {await TextAsync(store, "b")}");
        await store.DeleteAsync("b");
        Assert.True(await store.TryCreateAsync("b", Bytes("again")));
    }

    [SkippableFact]
    public async Task TryCreate_ManyAtOnce_OneIsToldTrueAndItsContentIsThere()
    {
        var store = await OpenAsync();
        for (var round = 0; round < 10; round++)
        {
            var name = $"round/{round}";
            var created = await Task.WhenAll(
                Enumerable.Range(0, 16).Select(i => Task.Run(() => store.TryCreateAsync(name, Bytes($"{i}")))));
            var winner = Assert.Single(Enumerable.Range(0, 16), i => created[i]);
            Assert.Equal($"{winner}", await TextAsync(store, name));
        }
    }

    [SkippableFact]
    public async Task Write_AnyLengthInAnyPieces_IsReadBack()
    {
        var store = await OpenAsync();
        var random = new Random(Seed);
        foreach (var length in new[] { 0, 1, 999, 1000, 1001, 2000, 17_345, 100_001 })
        {
            var content = Random(random, length);
            await store.WriteAsync("blob", async (stream, token) =>
            {
                for (var rest = content.AsMemory(); !rest.IsEmpty;)
                {
                    var piece = rest[..Math.Min(rest.Length, random.Next(1, 4000))];
                    if (random.Next(2) == 0)
                        await stream.WriteAsync(piece, token);
                    else
                        stream.Write(piece.Span);
                    rest = rest[piece.Length..];
                }
            });
            var found = await store.TryReadAsync("blob");
            Assert.True(content.AsSpan().SequenceEqual(found), $"seed {Seed}, {length} bytes");
            Assert.Equal(length, Assert.Single(await ListAsync(store, "")).Length);
        }
    }

    [SkippableTheory]
    [InlineData(10)]
    [InlineData(200_000)]
    public async Task Write_Throws_ChangesNothing(int written)
    {
        var store = await OpenAsync();
        await store.WriteAsync("there", Bytes("before"));
        foreach (var name in new[] { "there", "new" })
        {
            var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => store.WriteAsync(name, async (stream, token) =>
            {
                await stream.WriteAsync(new byte[written], token);
                throw new InvalidOperationException("no more");
            }));
            Assert.Equal("no more", fault.Message);
        }

        Assert.Equal("before", await TextAsync(store, "there"));
        Assert.False(await store.ExistsAsync("new"));
        Assert.Equal("there", Assert.Single(await ListAsync(store, "")).Name);
        await store.WriteAsync("new", Bytes("after"));
        Assert.Equal("after", await TextAsync(store, "new"));
    }

    [SkippableFact]
    public async Task Write_Cancelled_ChangesNothing()
    {
        var store = await OpenAsync();
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.WriteAsync("a", async (stream, token) =>
        {
            await stream.WriteAsync(new byte[5000], token);
            await cancellation.CancelAsync();
            token.ThrowIfCancellationRequested();
        }, cancellation.Token));
        Assert.Empty(await ListAsync(store, ""));
    }

    [SkippableFact]
    public async Task Write_NotYetEnded_IsNotSeen()
    {
        var store = await OpenAsync();
        await store.WriteAsync("there", Bytes("before"));
        foreach (var name in new[] { "there", "new" })
        {
            await store.WriteAsync(name, async (stream, token) =>
            {
                await stream.WriteAsync(new byte[50_000], token);
                await stream.FlushAsync(token);
                Assert.Equal(name == "there" ? "before" : null, await TextAsync(store, name));
                Assert.Equal(name == "there", await store.ExistsAsync(name));
                Assert.Single(await ListAsync(store, ""));
            });
        }

        Assert.Equal([("new", 50_000L), ("there", 50_000L)], (await ListAsync(store, "")).Select(blob => (blob.Name, blob.Length)));
    }

    [SkippableTheory]
    [InlineData(10)]
    [InlineData(50_000)]
    public async Task Write_AnotherWritesMeanwhile_OneOfThemIsThereWhole(int length)
    {
        var store = await OpenAsync();
        byte[] mine = [.. Enumerable.Repeat((byte)1, length)], others = [.. Enumerable.Repeat((byte)2, 3 * length)];
        foreach (var name in new[] { "new", "new" }) // the second time there is one to replace
        {
            await store.WriteAsync(name, async (stream, token) =>
            {
                await stream.WriteAsync(mine.AsMemory(0, length / 2), token);
                await store.WriteAsync(name, others, token);
                await stream.WriteAsync(mine.AsMemory(length / 2), token);
            });
            var found = await store.TryReadAsync(name);
            Assert.True(found.AsSpan().SequenceEqual(mine) || found.AsSpan().SequenceEqual(others), $"{found?.Length} bytes");
        }
    }

    [SkippableFact]
    public async Task Write_BlobIsDeletedMeanwhile_IsAllOrNothing()
    {
        var store = await OpenAsync();
        await store.WriteAsync("a", Bytes("before"));
        await store.WriteAsync("a", async (stream, token) =>
        {
            await stream.WriteAsync(new byte[50_000], token);
            await store.DeleteAsync("a", token);
        });
        Assert.Contains((await store.TryReadAsync("a"))?.Length, new int?[] { null, 50_000 });
    }

    [SkippableFact]
    public async Task Write_ManyAtOnce_OneOfThemIsThereWhole()
    {
        var store = await OpenAsync();
        await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => Task.Run(() => store.WriteAsync("a", Enumerable.Repeat((byte)i, 9_000 + i).ToArray()))));
        var found = (await store.TryReadAsync("a"))!;
        Assert.Equal(9_000 + found[0], found.Length);
        Assert.All(found, b => Assert.Equal(found[0], b));
    }

    [SkippableFact]
    public async Task Read_NoBlob_IsNullOrSaysWhich()
    {
        var store = await OpenAsync();
        Assert.Null(await store.TryReadAsync("no/such"));
        Assert.False(await store.ExistsAsync("no/such"));
        await store.DeleteAsync("no/such");
        var fault = await Assert.ThrowsAsync<StoreException>(() => store.ReadRangeAsync("no/such", 0, new byte[1]));
        Assert.Contains("no/such", fault.Message, StringComparison.Ordinal);
        fault = await Assert.ThrowsAsync<StoreException>(() => store.OpenReadAsync("no/such"));
        Assert.Contains("no/such", fault.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task TryRead_BlobIsLargerThanItCanBe_IsRefusedUnread()
    {
        var store = await OpenAsync();
        await store.WriteAsync("a", new byte[100_000]);
        var fault = await Assert.ThrowsAsync<UnreadableBlobException>(() => store.TryReadAsync("a", 99_999, default));
        Assert.Contains("a: it has 100,000 bytes, and at most 99,999 were expected", fault.Message, StringComparison.Ordinal);
        Assert.Equal(100_000, (await store.TryReadAsync("a", 100_000, default))!.Length);
    }

    [SkippableFact]
    public async Task DeleteFolder_LeavesNothingBelowAndAllBeside()
    {
        var store = await OpenAsync();
        foreach (var name in new[] { "jobs/1/plan", "jobs/1/shards/1", "jobs/1/shards/deep/2", "jobs/10/plan", "jobs/2" })
            await store.WriteAsync(name, Bytes("x"));
        await store.DeleteFolderAsync("jobs/1/");
        Assert.Equal(["jobs/10/plan", "jobs/2"], (await ListAsync(store, "")).Select(blob => blob.Name));
        await store.DeleteFolderAsync("jobs/1/");
        await store.DeleteFolderAsync("no/such/");
        Assert.True(await store.TryCreateAsync("jobs/1/shards/1", Bytes("again")));
        await store.TrimFolderAsync("jobs/1/");
        await store.TrimFolderAsync("no/such/");
        Assert.Equal("again", await TextAsync(store, "jobs/1/shards/1"));
    }

    [SkippableFact]
    public async Task ReadRange_AnyRange_IsThatPart()
    {
        var store = await OpenAsync();
        var random = new Random(Seed);
        var content = Random(random, 12_345);
        await store.WriteAsync("a", content);
        var ranges = Enumerable.Range(0, 20).Select(_ => random.Next(content.Length))
            .Select(start => (start, random.Next(content.Length - start + 1)));
        foreach (var (start, length) in ranges.Append((0, content.Length)).Append((content.Length - 1, 1)).Append((5, 0)))
        {
            var part = new byte[length];
            await store.ReadRangeAsync("a", start, part);
            Assert.True(part.AsSpan().SequenceEqual(content.AsSpan(start, length)), $"seed {Seed}, {length} bytes from {start}");
        }

        foreach (var start in new[] { content.Length - 1, content.Length, content.Length + 1000 })
        {
            var fault = await Assert.ThrowsAsync<StoreException>(() => store.ReadRangeAsync("a", start, new byte[2]));
            Assert.Contains("ends", fault.Message, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task OpenRead_Stream_IsTheBlob()
    {
        var store = await OpenAsync();
        var content = Random(new Random(Seed), 5_000_000); // more than one request's worth
        await store.TryCreateAsync("a", content);
        await using var stream = await store.OpenReadAsync("a");
        Assert.Equal(content.Length, stream.Length);
        var read = new MemoryStream();
        await stream.CopyToAsync(read);
        Assert.True(content.AsSpan().SequenceEqual(read.ToArray()));
        stream.Position = 4_999_990;
        Assert.Equal(10, stream.Read(new byte[20]));
    }

    [SkippableFact]
    public async Task List_Prefix_GivesAllThatStartWithIt()
    {
        var store = await OpenAsync();
        Assert.Empty(await ListAsync(store, "jobs/"));
        for (var i = 0; i < 40; i++)
            await store.WriteAsync($"jobs/{i % 2}/shards/{i:D3}", new byte[i]);
        await store.WriteAsync("jobs/0.json", new byte[5]);
        Assert.Equal(41, (await ListAsync(store, "")).Count);
        Assert.Equal(41, (await ListAsync(store, "jobs/")).Count);
        Assert.Equal(
            Enumerable.Range(0, 20).Select(i => ($"jobs/1/shards/{2 * i + 1:D3}", 2L * i + 1)),
            (await ListAsync(store, "jobs/1/")).Select(blob => (blob.Name, blob.Length)));
        Assert.Equal(
            ["jobs/0/shards/010", "jobs/0/shards/012", "jobs/0/shards/014", "jobs/0/shards/016", "jobs/0/shards/018"],
            (await ListAsync(store, "jobs/0/shards/01")).Select(blob => blob.Name));
        Assert.Equal(21, (await ListAsync(store, "jobs/0")).Count);
        Assert.Empty(await ListAsync(store, "job/"));
        Assert.Empty(await ListAsync(store, "jobs/2/shards/"));

        await store.DeleteAsync("jobs/0/shards/010");
        Assert.Equal(4, (await ListAsync(store, "jobs/0/shards/01")).Count);
    }

    [SkippableFact]
    public async Task ListFolders_GivesThoseRightBelowThatHoldBlobs()
    {
        var store = await OpenAsync();
        Assert.Empty(await FoldersAsync("jobs/"));
        for (var i = 0; i < 20; i++)
            await store.WriteAsync($"jobs/{i:D2}/shards/{i}", new byte[1]);
        await store.WriteAsync("jobs/a b%2e/plan", new byte[1]);
        await store.WriteAsync("jobs/file", new byte[1]);
        await store.WriteAsync("jobsandmore/1/x", new byte[1]);
        Assert.Equal([.. Enumerable.Range(0, 20).Select(i => $"{i:D2}"), "a b%2e"], await FoldersAsync("jobs/"));
        Assert.Equal(["shards"], await FoldersAsync("jobs/07/"));
        Assert.Empty(await FoldersAsync("jobs/07/shards/"));
        Assert.Equal(["jobs", "jobsandmore"], await FoldersAsync(""));

        await store.DeleteAsync(Enumerable.Range(1, 19).Select(i => $"jobs/{i:D2}/shards/{i}"));
        Assert.Equal(["00", "a b%2e"], await FoldersAsync("jobs/"));

        async Task<List<string>> FoldersAsync(string folder)
        {
            var names = new List<string>();
            await foreach (var name in store.ListFoldersAsync(folder))
                names.Add(name);
            return [.. names.Order(StringComparer.Ordinal)];
        }
    }

    [SkippableFact]
    public async Task Names_Odd_MeanWhatTheySay()
    {
        var store = await OpenAsync();
        foreach (var name in OddNames)
            Assert.True(await store.TryCreateAsync(name, Bytes(name)), name);
        Assert.Equal(OddNames.Order(StringComparer.Ordinal), (await ListAsync(store, "")).Select(blob => blob.Name));
        foreach (var name in OddNames)
        {
            Assert.Equal(name, await TextAsync(store, name));
            await using (var stream = await store.OpenReadAsync(name))
                Assert.Equal(Bytes(name).Length, stream.Length);
            Assert.Contains(await ListAsync(store, name[..^1]), blob => blob.Name == name);
            await store.DeleteAsync(name);
        }

        Assert.Empty(await ListAsync(store, ""));
    }

    [SkippableFact]
    public async Task Names_ThatAreNone_AreRefusedEverywhere()
    {
        var store = await OpenAsync();
        foreach (var name in BadNames)
        {
            await Assert.ThrowsAsync<ArgumentException>(() => store.TryCreateAsync(name, Bytes("x")));
            await Assert.ThrowsAsync<ArgumentException>(() => store.WriteAsync(name, Bytes("x")));
            await Assert.ThrowsAsync<ArgumentException>(() => store.TryReadAsync(name));
            await Assert.ThrowsAsync<ArgumentException>(() => store.ExistsAsync(name));
            await Assert.ThrowsAsync<ArgumentException>(() => store.ReadRangeAsync(name, 0, new byte[1]));
            await Assert.ThrowsAsync<ArgumentException>(() => store.OpenReadAsync(name));
            await Assert.ThrowsAsync<ArgumentException>(() => store.DeleteAsync(name));
        }

        await Assert.ThrowsAsync<ArgumentException>(() => store.DeleteFolderAsync("../"));

        await Assert.ThrowsAsync<ArgumentException>(() => ListAsync(store, "../"));
        Assert.Empty(await ListAsync(store, ""));
    }

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static async Task<string?> TextAsync(IBlobStore store, string name) =>
        await store.TryReadAsync(name) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>In order of their names.</summary>
    protected static async Task<List<BlobInfo>> ListAsync(IBlobStore store, string prefix)
    {
        var blobs = new List<BlobInfo>();
        await foreach (var blob in store.ListAsync(prefix))
            blobs.Add(blob);
        return [.. blobs.OrderBy(blob => blob.Name, StringComparer.Ordinal)];
    }

    static byte[] Random(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
