using System.Security.Cryptography;
using HeadScope.Data.Tokens;
using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Work;
using HeadScope.Tests.Support;

namespace HeadScope.Grains.Tests;

/// <summary>The job that the tests have clusters do, and what it gives on one engine in one process.</summary>
internal static class LocalRun
{
    /// <summary>24 rows of 64 tokens, by the oracle's tiny GPT-NeoX.</summary>
    public static JobRequest Tiny { get; } = new()
    {
        Model = Fixture.PathOf("neox-tiny", "model"),
        Tokens = new TokenLocation(Fixture.PathOf("neox-tiny", "inputs.safetensors")),
        InductionTokens = TokenLocation.Parse($"{Fixture.PathOf("neox-tiny", "inputs.safetensors")}:ind_tokens"),
    };

    static readonly Lazy<Task<Manifest>> TinyRun = new(() => RunAsync(Tiny));

    public static Task<Manifest> TinyManifestAsync() => TinyRun.Value;

    public static async Task<Manifest> RunAsync(JobRequest request, EngineOptions? options = null)
    {
        using var folder = new TemporaryFolder();
        var jobs = new JobStore(new FileBlobStore(folder.File("store")));
        return await new LocalEngine(jobs, options ?? new EngineOptions { Workers = 1 }, TimeProvider.System)
            .RunAsync(await jobs.SubmitAsync(JobResolver.Resolve(request), default), new Nobody(), default);
    }

    /// <summary>Whether results, got by name, are the bytes of the local run.</summary>
    public static async Task SameBytesAsync(Manifest expected, Func<string, Task<byte[]>> result)
    {
        Assert.NotEmpty(expected.Files);
        foreach (var (name, file) in expected.Files)
            Assert.Equal((name, file.Sha256), (name, Convert.ToHexStringLower(SHA256.HashData(await result(name)))));
    }

    internal sealed class Nobody : IJobObserver;
}
