using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using HeadScope.Data.Hub;
using HeadScope.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace HeadScope.Data.Tests.Hub;

/// <summary>Hubs that mean harm: each is given up on soon, with one message, a bounded memory, and nothing kept.</summary>
public sealed class HostileHubTests
{
    delegate Task Answer(HttpContext context, Func<Task> right);

    /// <summary>What to do to which request for config.json or for the listing, and what is said of it.</summary>
    static readonly Dictionary<string, (string Method, string Part, string Said, Answer Answer)> Attacks = new()
    {
        ["a listing nested a million deep"] = ("GET", "/revision/main", "no answer of a hub", (context, _) => context.Response.WriteAsync(new string('[', 1_000_000))),
        ["a listing with a commit twice"] = ("GET", "/revision/main", "it names 'sha' twice", (context, _) => context.Response.WriteAsync("""{"sha": "0", "sha": "1", "siblings": []}""")),
        ["a listing with half of a surrogate pair"] = ("GET", "/revision/main", "half of a surrogate pair", (context, _) => context.Response.WriteAsync("""{"sha": "\ud800", "siblings": []}""")),
        ["a listing with a file twice"] = ("GET", "/revision/main", "it lists 'config.json' twice", (context, _) => context.Response.WriteAsync(
            $$"""{"sha": "{{new string('0', 40)}}", "siblings": [{"rfilename": "config.json"}, {"rfilename": "config.json"}]}""")),
        ["a listing of two million files"] = ("GET", "/revision/main", "it lists 2,000,000 files", async (context, _) =>
        {
            await context.Response.WriteAsync($$"""{"sha": "{{new string('0', 40)}}", "siblings": [{}""");
            var thousand = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(",{}", 1000)));
            for (var i = 0; i < 1999; i++)
                await context.Response.Body.WriteAsync(thousand);
            await context.Response.WriteAsync($"{string.Concat(Enumerable.Repeat(",{}", 999))}]}}");
        }
        ),
        ["a listing byte by byte"] = ("GET", "/revision/main", " bytes of model 'org/name' in 0.5 s", (context, _) => DripAsync(context, 1)),
        ["a refusal with an endless body"] = ("GET", "/revision/main", "there is no model 'org/name'", (context, _) =>
        {
            context.Response.StatusCode = 404;
            return WithoutEndAsync(context);
        }
        ),
        ["a redirect with an endless body, to itself"] = ("GET", "/revision/main", "more than 10 redirects", (context, _) =>
        {
            context.Response.Redirect(context.Request.Path);
            return WithoutEndAsync(context);
        }
        ),
        ["headers without end"] = ("HEAD", "/config.json", "the connection broke", async (context, right) =>
        {
            await right();
            for (var i = 0; i < 200; i++)
                context.Response.Headers[$"X-Filler-{i}"] = new string('x', 1000);
        }
        ),
        ["a size beyond any file's"] = ("HEAD", "/config.json", "a size of 9,223,372,036,854,775,807 bytes", SizeOf("9223372036854775807")),
        ["a size beyond any disk's"] = ("HEAD", "/config.json", "Make room", SizeOf("4000000000000")),
        ["a size that is negative"] = ("HEAD", "/config.json", "no size", SizeOf("-1")),
        ["content that does not end"] = ("GET", "/config.json", "more than the 2 bytes that were announced", (context, _) => WithoutEndAsync(context)),
        ["content that never begins"] = ("GET", "/config.json", "no byte of model 'org/name'", async (context, _) =>
        {
            await context.Response.StartAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }
        ),
        ["another commit's file"] = ("HEAD", "/config.json", "answers with commit", async (context, right) =>
        {
            await right();
            context.Response.Headers["X-Repo-Commit"] = new string('f', 40);
        }
        ),
    };

    public static TheoryData<string> Names => [.. Attacks.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Download_FromAHostileHub_EndsSoonWithOneMessageAndNothingKept(string name)
    {
        var (method, part, said, answer) = Attacks[name];
        await using var hub = await HubFixture.StartAsync();
        hub.Options = hub.Options with { AnswerTimeout = TimeSpan.FromSeconds(0.5), StallTimeout = TimeSpan.FromSeconds(0.5), Token = HubFixture.Token, Attempts = 3 };
        hub.Server.Misbehave(method, part, times: 1000, (context, right) => answer(context, right));
        var started = Stopwatch.GetTimestamp();
        var fault = await hub.FailsAsync("config.json");
        Assert.Contains(said, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
        Assert.DoesNotContain(HubFixture.Token, fault.ToString(), StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromMinutes(2));
        Assert.False(Directory.Exists(Path.Combine(hub.Repository, "snapshots")));
        Assert.False(Directory.Exists(Path.Combine(hub.Repository, "refs")));
    }

    [Fact]
    public async Task Download_ListingThatGrowsAndDoesNotEnd_IsGivenUp()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Time = new HurriedTime();
        hub.Server.Misbehave("GET", "/revision/main", times: 1, (context, _) => DripAsync(context, 5000));
        var fault = await hub.FailsAsync("config.json");
        Assert.Equal(HubFault.Damaged, fault.Fault);
        Assert.Contains("and no end", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Download_ContentByteByByte_IsGivenUp()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Options = hub.Options with { StallTimeout = TimeSpan.FromSeconds(0.5), Attempts = 3 };
        hub.Server.Misbehave("GET", hub.AtLargeFiles, times: 1000, (context, _) => DripAsync(context, 1));
        var fault = await hub.FailsAsync("model.safetensors");
        Assert.Contains(" bytes of model 'org/name' in 0.5 s", fault.Message, StringComparison.Ordinal);
        Assert.Contains("It failed 3 times in a row", fault.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("[::1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("0.0.0.0")]
    [InlineData("2130706433")] // 127.0.0.1 as one number
    public async Task Download_HubElsewhereRedirectsToThisMachine_AsksNothingThere(string host)
    {
        var here = NetworkInterface.GetAllNetworkInterfaces().SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(address => address.Address)
            .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork && HubReach.Of(address) != Nearness.Machine);
        Skip.If(here is null, "this machine has no address but loopback");
        await using var inside = await HubServer.StartAsync();
        await using var hub = await HubFixture.StartAsync(host: here!.ToString());
        await hub.DownloadAsync("config.json");
        foreach (var (method, part, file) in new[] { ("GET", "/revision/main", "config.json"), ("HEAD", "/model.safetensors", "model.safetensors"), ("GET", "/sub/notes.txt", "sub/notes.txt") })
        {
            hub.Server.Misbehave(method, part, times: 1, (context, _) =>
            {
                context.Response.Redirect($"http://{host}:{new Uri(inside.Endpoint).Port}/secret");
                return Task.CompletedTask;
            });
            var fault = await hub.FailsAsync(file);
            Assert.Equal(HubFault.Refused, fault.Fault);
            Assert.Contains("is nearer to this machine than the hub is: nothing was asked there", fault.Message, StringComparison.Ordinal);
        }

        Assert.Empty(inside.Requests);
    }

    [Theory]
    [InlineData("127.0.0.1", nameof(Nearness.Machine))]
    [InlineData("127.8.8.8", nameof(Nearness.Machine))]
    [InlineData("0.0.0.0", nameof(Nearness.Machine))]
    [InlineData("169.254.169.254", nameof(Nearness.Machine))]
    [InlineData("::1", nameof(Nearness.Machine))]
    [InlineData("::", nameof(Nearness.Machine))]
    [InlineData("fe80::1", nameof(Nearness.Machine))]
    [InlineData("::ffff:169.254.169.254", nameof(Nearness.Machine))]
    [InlineData("10.1.2.3", nameof(Nearness.Network))]
    [InlineData("172.16.0.1", nameof(Nearness.Network))]
    [InlineData("172.31.255.255", nameof(Nearness.Network))]
    [InlineData("192.168.1.1", nameof(Nearness.Network))]
    [InlineData("100.64.0.1", nameof(Nearness.Network))]
    [InlineData("fd00::1", nameof(Nearness.Network))]
    [InlineData("172.32.0.1", nameof(Nearness.World))]
    [InlineData("100.128.0.1", nameof(Nearness.World))]
    [InlineData("8.8.8.8", nameof(Nearness.World))]
    [InlineData("2001:4860:4860::8888", nameof(Nearness.World))]
    public void Of_AnAddress_IsWhoCanReachIt(string address, string nearness) =>
        Assert.Equal(nearness, HubReach.Of(IPAddress.Parse(address)).ToString());

    /// <summary>Its clock runs a hundred times as fast; what it wakes is woken at the right time.</summary>
    sealed class HurriedTime : TimeProvider
    {
        public override long GetTimestamp() => 100 * System.GetTimestamp();
    }

    static Answer SizeOf(string size) => async (context, right) =>
    {
        await right();
        context.Response.Headers["X-Linked-Size"] = size;
    };

    static async Task DripAsync(HttpContext context, int bytes)
    {
        var piece = Encoding.ASCII.GetBytes(new string(' ', bytes));
        while (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.Body.WriteAsync(piece);
            await context.Response.Body.FlushAsync();
            await Task.Delay(50, context.RequestAborted);
        }
    }

    static async Task WithoutEndAsync(HttpContext context)
    {
        var zeros = new byte[1 << 16];
        while (!context.RequestAborted.IsCancellationRequested)
            await context.Response.Body.WriteAsync(zeros);
    }
}
