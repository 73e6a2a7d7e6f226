using System.Globalization;
using HeadScope.Jobs.Store;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.Jobs.Tests.Store;

/// <summary>Requests and answers get lost between the store and the service, and nobody is told anything untrue.</summary>
[Collection(AzuriteTests.Name)]
public sealed class AzureFaultTests(SharedAzurite azurite, ITestOutputHelper output)
{
    [SkippableFact]
    public async Task TryCreate_AnswerIsLost_CreatorIsToldTrue()
    {
        await using var proxy = await ProxyAsync();
        IBlobStore store = await azurite.OpenAsync(SharedAzurite.NewContainer(), through: proxy.Address);
        var lost = 0;
        proxy.Plan = request => request.Method == "PUT" && Interlocked.Increment(ref lost) == 1 ? Fault.LoseResponse : Fault.None;
        Assert.True(await store.TryCreateAsync("a", "mine"u8.ToArray()));
        Assert.Equal(2, lost); // it was sent again
        Assert.False(await store.TryCreateAsync("a", "mine"u8.ToArray())); // the same content, another call
    }

    [SkippableFact]
    public async Task TryCreate_AnswerIsLostAndTheBlobIsAnothers_IsToldFalse()
    {
        await using var proxy = await ProxyAsync();
        IBlobStore store = await azurite.OpenAsync(SharedAzurite.NewContainer(), through: proxy.Address);
        await store.TryCreateAsync("a", "others"u8.ToArray());
        var lost = 0;
        proxy.Plan = request => request.Method == "PUT" && Interlocked.Increment(ref lost) == 1 ? Fault.LoseResponse : Fault.None;
        Assert.False(await store.TryCreateAsync("a", "mine"u8.ToArray()));
        Assert.Equal("others"u8.ToArray(), await store.TryReadAsync("a"));
    }

    [SkippableFact]
    public async Task TryCreate_NoAnswerInTime_IsSentAgain()
    {
        await using var proxy = await ProxyAsync();
        IBlobStore store = await azurite.OpenAsync(
            SharedAzurite.NewContainer(), through: proxy.Address,
            options: SharedAzurite.Quick with { RequestTimeout = TimeSpan.FromSeconds(2) });
        proxy.Delay = TimeSpan.FromSeconds(3);
        var late = 0;
        proxy.Plan = request => request.Method == "PUT" && Interlocked.Increment(ref late) == 1 ? Fault.Delay : Fault.None;
        Assert.True(await store.TryCreateAsync("a", "mine"u8.ToArray()));
        Assert.Equal(2, late);
        Assert.False(await store.TryCreateAsync("a", "others"u8.ToArray()));
    }

    [SkippableFact]
    public async Task TryCreate_ManyAtOnceOverABadNetwork_OneIsToldTrue()
    {
        await using var proxy = await ProxyAsync();
        IBlobStore store = await azurite.OpenAsync(SharedAzurite.NewContainer(), through: proxy.Address);
        proxy.BreakSome(0.3, seed: 1);
        for (var round = 0; round < 10; round++)
        {
            var created = await Task.WhenAll(
                Enumerable.Range(0, 6).Select(i => Task.Run(() => store.TryCreateAsync($"{round}", new[] { (byte)i }))));
            var winner = Assert.Single(Enumerable.Range(0, 6), i => created[i]);
            Assert.Equal([(byte)winner], (await store.TryReadAsync($"{round}"))!);
        }
    }

    [SkippableFact]
    public async Task Write_EveryAnswerIsLostOnce_IsThere()
    {
        await using var proxy = await ProxyAsync();
        IBlobStore store = await azurite.OpenAsync(SharedAzurite.NewContainer(), through: proxy.Address);
        var seen = new HashSet<string>();
        proxy.Plan = request =>
        {
            lock (seen)
                return request.Method == "PUT" && seen.Add(request.Target) ? Fault.LoseResponse : Fault.None;
        };
        await store.WriteAsync("a", new byte[5500]);
        await store.WriteAsync("b", new byte[5]);
        Assert.Equal(8, seen.Count); // six blocks and their list; a blob of one request
        Assert.Equal((5500, 5), ((await store.TryReadAsync("a"))!.Length, (await store.TryReadAsync("b"))!.Length));
    }

    [SkippableFact]
    public async Task TryRead_AnswerThatThereIsNoneIsCut_IsAskedAgain()
    {
        await using var proxy = await ProxyAsync();
        IBlobStore store = await azurite.OpenAsync(SharedAzurite.NewContainer(), through: proxy.Address);
        for (var round = 0; round < 10; round++)
        {
            var asked = 0;
            proxy.Plan = _ => Interlocked.Increment(ref asked) == 1 ? Fault.CutResponse : Fault.None;
            Assert.Null(await store.TryReadAsync("a"));
            Assert.Equal(2, asked);
        }
    }

    /// <summary>HEADSCOPE_FUZZ_ITERATIONS and HEADSCOPE_FUZZ_SEED do more things, and others.</summary>
    [SkippableFact]
    public async Task AnySequence_OverABadNetwork_DoesWhatItDoesOnAGoodOne()
    {
        var iterations = Setting("HEADSCOPE_FUZZ_ITERATIONS", 200);
        var seed = Setting("HEADSCOPE_FUZZ_SEED", 1);
        await using var proxy = await ProxyAsync();
        IBlobStore store = await azurite.OpenAsync(SharedAzurite.NewContainer(), through: proxy.Address);
        proxy.BreakSome(0.25, seed);
        var random = new Random(seed);
        var expected = new Dictionary<string, byte[]>();
        for (var i = 0; i < iterations; i++)
        {
            var name = $"folder/{random.Next(5)}";
            var content = new byte[random.Next(2) == 0 ? random.Next(50) : random.Next(6000)];
            random.NextBytes(content);
            var there = expected.TryGetValue(name, out var before);
            var same = true;
            switch (random.Next(7))
            {
                case 0:
                    same = await store.TryCreateAsync(name, content) == expected.TryAdd(name, content);
                    break;
                case 1:
                    await store.WriteAsync(name, content);
                    expected[name] = content;
                    break;
                case 2:
                    same = there ? (await store.TryReadAsync(name)).AsSpan().SequenceEqual(before) : await store.TryReadAsync(name) is null;
                    break;
                case 3:
                    same = await store.ExistsAsync(name) == there;
                    break;
                case 4 when there && before!.Length > 1:
                    var part = new byte[random.Next(1, before.Length)];
                    await store.ReadRangeAsync(name, before.Length - part.Length, part);
                    same = part.AsSpan().SequenceEqual(before.AsSpan(^part.Length));
                    break;
                case 5:
                    await store.DeleteAsync(name);
                    expected.Remove(name);
                    break;
                default:
                    var listed = new List<string>();
                    await foreach (var blob in store.ListAsync("folder/"))
                        listed.Add($"{blob.Name} {blob.Length}");
                    same = listed.Order().SequenceEqual(expected.Select(blob => $"{blob.Key} {blob.Value.Length}").Order());
                    break;
            }

            Assert.True(same, $"seed {seed}, iteration {i}");
        }

        output.WriteLine($"seed {seed}: {iterations} operations took {proxy.Requests} requests, {proxy.Broken} of them broken");
    }

    [SkippableTheory]
    [InlineData(Fault.Busy, "failed or was busy again and again (503)")]
    [InlineData(Fault.ServerError, "failed or was busy again and again (500)")]
    [InlineData(Fault.LoseRequest, "cannot be reached")]
    [InlineData(Fault.LoseResponse, "cannot be reached")]
    [InlineData(Fault.Delay, "cannot be reached")]
    public async Task AnyOperation_NothingGetsThrough_SaysSoAndWhere(Fault fault, string what)
    {
        await using var proxy = await ProxyAsync();
        var container = SharedAzurite.NewContainer();
        await (await azurite.OpenAsync(container)).WriteAsync("a", new byte[10]);
        var impatient = SharedAzurite.Quick with { Retries = 1, RequestTimeout = fault == Fault.Delay ? TimeSpan.FromSeconds(0.2) : TimeSpan.FromSeconds(10) };
        IBlobStore store = await azurite.OpenAsync(container, create: false, proxy.Address, impatient);
        proxy.Delay = TimeSpan.FromSeconds(0.5);
        proxy.Plan = _ => fault;
        foreach (var operation in new Func<Task>[]
        {
            () => store.TryCreateAsync("a", new byte[1]), () => store.WriteAsync("a", new byte[1]), () => store.WriteAsync("a", new byte[5000]), () => store.TryReadAsync("a"),
            () => store.ExistsAsync("a"), () => store.ReadRangeAsync("a", 0, new byte[1]), () => store.OpenReadAsync("a"),
            () => store.DeleteAsync("a"),
            async () => await store.ListAsync("a").GetAsyncEnumerator().MoveNextAsync(),
        })
        {
            var thrown = await Assert.ThrowsAsync<StoreException>(operation);
            Assert.Contains($"{container}/a: ", thrown.Message, StringComparison.Ordinal);
            Assert.Contains(what, thrown.Message, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task AnyOperation_CancelledWhileTheServiceIsSilent_EndsAsCancelled()
    {
        await using var proxy = await ProxyAsync();
        IBlobStore store = await azurite.OpenAsync(SharedAzurite.NewContainer(), through: proxy.Address);
        proxy.Delay = TimeSpan.FromSeconds(1);
        proxy.Plan = _ => Fault.Delay;
        using var cancellation = new CancellationTokenSource(TimeSpan.FromSeconds(0.2));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.TryCreateAsync("a", new byte[1], cancellation.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.WriteAsync("a", new byte[5000], cancellation.Token));
    }

    async Task<FaultyProxy> ProxyAsync() => await FaultyProxy.StartAsync((await azurite.ServerAsync()).Address);

    static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
