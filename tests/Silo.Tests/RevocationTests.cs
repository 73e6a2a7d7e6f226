using HeadScope.Silo.Security;
using HeadScope.Tests.Support;

namespace HeadScope.Silo.Tests;

public class RevocationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)] // of the same name, as when a key is replaced
    public async Task Events_KeyIsRemoved_EndSoon(bool isReplaced)
    {
        using var folder = new TemporaryFolder();
        var file = new ApiKeyFile(folder.File("keys.json"), TimeProvider.System);
        var (leaving, staying) = (file.Add("leaving", Role.Reader), file.Add("staying", Role.Submitter));
        await using var silo = await RunningSilo.StartAsync(
            keys: false, configure: options => options with { Keys = folder.File("keys.json"), Engine = null });
        using var client = new HttpClient { BaseAddress = silo.Address, DefaultRequestHeaders = { { "X-Api-Key", staying } } };
        using var submitted = await client.PostAsync("/v1/jobs", new StringContent("""{"model":"model","tokens":"inputs.safetensors","skip_heads":true}""", null, "application/json"));
        var events = $"{submitted.Headers.Location}/events";

        using var leaver = new HttpClient { BaseAddress = silo.Address, DefaultRequestHeaders = { { "X-Api-Key", leaving } } };
        await using var ending = await leaver.GetStreamAsync(events);
        await using var lasting = await client.GetStreamAsync(events);
        file.Remove("leaving");
        if (isReplaced)
            file.Add("leaving", Role.Reader);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await ending.CopyToAsync(Stream.Null, limit.Token); // to its end: the job waits for a worker that there is not

        // Others go on: what has come since is no end.
        var buffer = new byte[1 << 16];
        var read = lasting.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, CancellationToken.None);
        await Task.WhenAny(read.AsTask(), Task.Delay(TimeSpan.FromSeconds(3)));
        Assert.False(read.IsCompleted);
    }
}
