using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using HeadScope.Data.Hub;
using Microsoft.AspNetCore.Http;

namespace HeadScope.Data.Tests.Hub;

/// <summary>Hubs that are busy, silent, or no hubs at all: one message that says where, and what was found there.</summary>
public sealed class HubAnswerTests
{
    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Download_HubIsBusy_WaitsAsLongAsItAsks(int status)
    {
        await using var hub = await HubFixture.StartAsync();
        foreach (var (method, part) in new[] { ("GET", "/revision/main"), ("HEAD", "/config.json"), ("GET", "/config.json") })
        {
            hub.Server.Misbehave(method, part, times: 1, (context, _) =>
            {
                context.Response.StatusCode = status;
                if (method == "GET" && part == "/config.json")
                    context.Response.Headers.RetryAfter = "1";
                return Task.CompletedTask;
            });
        }

        var started = Stopwatch.GetTimestamp();
        await hub.DownloadAsync("config.json");
        Assert.True(Stopwatch.GetElapsedTime(started) >= TimeSpan.FromSeconds(1));
        Assert.Equal(3, hub.Messages.Count());
        Assert.Contains(hub.Messages, message => message.Contains("asks to wait 1 s", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Retry-After", "3600")]
    [InlineData("RateLimit", "\"api\";r=0;t=3600")]
    public async Task Download_HubAsksForTooLongAWait_GivesUp(string header, string value)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Server.Misbehave("GET", "/revision/main", times: 1, (context, _) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers[header] = value;
            return Task.CompletedTask;
        });
        var fault = await hub.FailsAsync();
        Assert.Contains("asks to wait 3600 s", fault.Message, StringComparison.Ordinal);
        Assert.Single(hub.Server.Requests);
    }

    [Fact]
    public async Task Download_HubDoesNotAnswer_TriesAgainAndGivesUp()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Options = hub.Options with { AnswerTimeout = TimeSpan.FromSeconds(0.2) };
        hub.Server.Misbehave("GET", "/revision/main", times: 100, (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted));
        var fault = await hub.FailsAsync();
        Assert.Equal(HubFault.Unreachable, fault.Fault);
        Assert.Contains("no byte of model 'org/name' in 0.2 s", fault.Message, StringComparison.Ordinal);
        Assert.Contains("It failed 3 times in a row.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Download_HubStaysDown_GivesUpAfterTheAttempts()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Server.Misbehave("HEAD", "/config.json", times: 100, (context, _) =>
        {
            context.Response.StatusCode = 502;
            return Task.CompletedTask;
        });
        var fault = await hub.FailsAsync("config.json");
        Assert.Equal(HubFault.Unreachable, fault.Fault);
        Assert.Contains("502", fault.Message, StringComparison.Ordinal);
        Assert.Equal(hub.Options.Attempts, hub.Server.Requests.Count(request => request.Method == "HEAD"));
    }

    [Fact]
    public async Task Download_NoHubThere_SaysWhereItLooked()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://{listener.LocalEndpoint}";
        listener.Stop();
        await using var hub = await HubFixture.StartAsync();
        hub.Options = hub.Options with { Endpoint = address };
        var fault = await hub.FailsAsync();
        Assert.Equal(HubFault.Unreachable, fault.Fault);
        Assert.Contains(
            $"{address}/api/models/org/name/revision/main: cannot be reached for model 'org/name' (Connection refused)", fault.Message,
            StringComparison.Ordinal);
        Assert.Contains($"The cache, {hub.Options.Cache}, does not have model 'org/name'", fault.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Answers => new()
    {
        { "a page", "no answer of a hub" },
        { "a redirect to itself", "more than 10 redirects" },
        { "a redirect to a file", "a redirect to file" },
        { "a redirect to nowhere", "a redirect to nowhere" },
        { "a listing without names", "no answer of a hub" },
        { "a sha that is a path", "its 'sha' is not a commit" },
        { "a listing without end", "more than 64 MiB" },
        { "teapot", "answered 418" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Download_WhatAnswersIsNoHub_SaysSo(string answer, string message)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Server.Misbehave("GET", "/revision/main", times: 100, async (context, _) =>
        {
            var response = context.Response;
            switch (answer)
            {
                case "a page":
                    await response.WriteAsync("<html>Log in to the network</html>");
                    break;
                case "a redirect to itself":
                    response.Redirect(context.Request.Path);
                    break;
                case "a redirect to a file":
                    response.Redirect("file:///etc/passwd");
                    break;
                case "a redirect to nowhere":
                    response.StatusCode = 302;
                    break;
                case "a listing without names":
                    await response.WriteAsync($$"""{"sha": "{{hub.Content.Head}}", "siblings": [{}]}""");
                    break;
                case "a sha that is a path":
                    await response.WriteAsync("""{"sha": "../../../../tmp/x", "siblings": []}""");
                    break;
                case "a listing without end":
                    var zeros = new byte[1 << 20];
                    while (!context.RequestAborted.IsCancellationRequested)
                        await response.Body.WriteAsync(zeros);
                    break;
                default:
                    response.StatusCode = 418;
                    break;
            }
        });
        var fault = await hub.FailsAsync();
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
        Assert.StartsWith(hub.Server.Endpoint, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ETag", "\"../../../x\"", "cannot be a file's name")]
    [InlineData("ETag", "", "no etag")]
    [InlineData("X-Repo-Commit", "0123456789012345678901234567890123456789", "answers with commit 0123456789")]
    public async Task Download_HubAnswersAboutAFileWhatCannotBe_SaysSo(string header, string value, string message)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Server.Misbehave("HEAD", "/config.json", times: 100, async (context, right) =>
        {
            await right();
            context.Response.Headers[header] = value;
        });
        var fault = await hub.FailsAsync("config.json");
        Assert.Equal(HubFault.Damaged, fault.Fault);
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(hub.Repository, "blobs")));
    }
}
