using HeadScope.Data.Tokens;
using HeadScope.ModelCore.Compute;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

/// <summary>A job that takes some seconds: the demo's model, and its tokens many times over.</summary>
internal static class LongJob
{
    /// <summary>The options that ask for it.</summary>
    /// <param name="tokens">Where to put its tokens.</param>
    /// <param name="times">How often to repeat 16 rows of 256.</param>
    public static string[] Write(string tokens, int times = 40)
    {
        using var once = TokenDataset.Open(new TokenLocation(Fixture.PathOf("demo", "inputs.safetensors")));
        var all = new int[new BatchShape(once.Rows, once.Context).Positions];
        once.Read(0, all);
        TokenFile.Write(tokens, [.. Enumerable.Repeat(all.Chunk(once.Context), times).SelectMany(rows => rows)]);
        return ["--model", Fixture.PathOf("..", "..", "src", "Client", "Demo"), "--tokens", tokens];
    }
}
