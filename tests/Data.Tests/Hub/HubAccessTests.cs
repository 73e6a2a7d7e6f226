using HeadScope.Data.Hub;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Hub;

/// <summary>Tokens go to the hub, and nowhere else; without the right one there is one clear message.</summary>
public sealed class HubAccessTests
{
    [Fact]
    public async Task Token_OfAPrivateRepository_IsSentToTheHubAndToNoOtherHost()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Content.Token = HubFixture.Token;
        hub.Options = hub.Options with { Token = HubFixture.Token };
        await hub.DownloadAsync();
        var endpoint = new Uri(hub.Server.Endpoint).Authority;
        Assert.All(
            hub.Server.Requests,
            request => Assert.Equal(request.Host == endpoint ? $"Bearer {HubFixture.Token}" : null, request.Authorization));
        Assert.Contains(hub.Server.Requests, request => request.Host != endpoint);
        Assert.DoesNotContain(HubFixture.Token, hub.AllText(), StringComparison.Ordinal);
        Assert.DoesNotContain(HubServer.Signature, hub.AllText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_InTheTokenFile_IsUsedWhereNoneIsGiven()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Content.Token = HubFixture.Token;
        await File.WriteAllTextAsync(hub.File("token"), $"{HubFixture.Token}\n");
        hub.Options = hub.Options with { TokenPath = hub.File("token") };
        Assert.Equal(hub.Content.Head, (await hub.DownloadAsync()).Commit);
    }

    [Fact]
    public async Task Token_HubRedirectsToAnotherPortOrName_IsNotSentThere()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Options = hub.Options with { Token = HubFixture.Token };
        foreach (var (method, part) in new[] { ("GET", "/revision/main"), ("HEAD", "/config.json"), ("GET", "/config.json") })
        {
            hub.Server.Misbehave(method, part, times: 1, (context, _) =>
            {
                context.Response.Redirect($"{hub.Server.LargeFiles}{context.Request.Path}?elsewhere");
                return Task.CompletedTask;
            });
        }

        await hub.DownloadAsync("config.json"); // the other host knows nothing of it, and the hub is asked again
        var elsewhere = hub.Server.Requests.Where(request => request.Path.EndsWith("?elsewhere", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, elsewhere.Count);
        Assert.All(elsewhere, request => Assert.Null(request.Authorization));
    }

    public static TheoryData<string, string[]> Refusals => new()
    {
        { "private, no token", ["there is no model 'org/name', or it is private", "set HF_TOKEN"] },
        { "private, other token", ["there is no model 'org/name', or it is private", "other than the one that was sent"] },
        { "gated, no token", ["is gated", "/org/name, and set HF_TOKEN to a token"] },
        { "gated, other token", ["is gated", "Accept them at", "has no access yet"] },
        { "invalid token", ["the token was not accepted", "HF_TOKEN", "unset it"] },
        { "forbidden", ["may not read model 'org/name'"] },
        { "no such repository", ["there is no model 'org/nothing'", "Check the spelling"] },
        { "no such revision", ["has no revision 'v9'", "whole commit"] },
        { "no such file", ["has no file 'nothing.txt'"] },
        { "file gone", ["has no file 'config.json'"] },
        { "token with a line break", ["HF_TOKEN: the token has characters that no token has"] },
        { "the hub repeats the token", ["It says: bad [token]?here"] },
        { "endpoint without scheme", ["HF_ENDPOINT is not the address of a hub", "https://huggingface.co"] },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Download_Refused_SaysWhatToDoAndNothingOfTheToken(string refusal, string[] messages)
    {
        await using var hub = await HubFixture.StartAsync();
        var (id, revision, file) = (HubFixture.Name, "main", "config.json");
        switch (refusal)
        {
            case "private, no token":
                hub.Content.Token = HubFixture.Token;
                break;
            case "private, other token":
                hub.Content.Token = "hf_the_owner's";
                goto default;
            case "gated, no token":
                (hub.Content.Token, hub.Content.IsGated) = (HubFixture.Token, true);
                break;
            case "gated, other token":
                (hub.Content.Token, hub.Content.IsGated) = ("hf_the_owner's", true);
                goto default;
            case "invalid token":
                Misbehave(401, "Invalid credentials in Authorization header");
                goto default;
            case "forbidden":
                Misbehave(403, "Forbidden");
                goto default;
            case "the hub repeats the token":
                Misbehave(403, $"bad {HubFixture.Token}\there");
                goto default;
            case "no such repository":
                id = "org/nothing";
                break;
            case "no such revision":
                revision = "v9";
                break;
            case "no such file":
                file = "nothing.txt";
                break;
            case "file gone":
                hub.Server.Misbehave("HEAD", "/config.json", times: 1, (context, _) =>
                {
                    context.Response.StatusCode = 404;
                    return Task.CompletedTask;
                });
                goto default;
            case "token with a line break":
                hub.Options = hub.Options with { Token = $"{HubFixture.Token}\nX-Other: 1" };
                break;
            case "endpoint without scheme":
                hub.Options = hub.Options with { Endpoint = new Uri(hub.Server.Endpoint).Authority };
                goto default;
            default:
                hub.Options = hub.Options with { Token = HubFixture.Token };
                break;
        }

        using var client = new HubClient(hub.Options, TimeProvider.System);
        var fault = await Assert.ThrowsAsync<HubException>(
            () => client.DownloadAsync(new HubRepository(HubKind.Model, id), revision, _ => [file]));
        Assert.Equal(HubFault.Refused, fault.Fault);
        Assert.All(messages, message => Assert.Contains(message, fault.Message, StringComparison.Ordinal));
        Assert.DoesNotContain(HubFixture.Token, $"{fault}{hub.Options}", StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(hub.Options.Cache, "models--org--name", "snapshots")));

        void Misbehave(int status, string message) => hub.Server.Misbehave("GET", "/revision/", times: 1, (context, _) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers["X-Error-Message"] = message;
            return Task.CompletedTask;
        });
    }
}
