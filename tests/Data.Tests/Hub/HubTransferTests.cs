using System.Diagnostics;
using HeadScope.Data.Hub;
using Microsoft.AspNetCore.Http;

namespace HeadScope.Data.Tests.Hub;

/// <summary>Transfers that fail: the download ends whole, or with a message and nothing half done.</summary>
public sealed class HubTransferTests
{
    const string File = "model.safetensors";
    const int Length = 3_000_000;

    [Fact]
    public async Task Download_ConnectionDrops_GoesOnWhereItBroke()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Server.Misbehave("GET", hub.AtLargeFiles, times: 8, async (context, _) =>
        {
            var from = From(context);
            await SendPartAsync(context, from, 300_000);
            context.Abort();
        });
        var path = Path.Combine((await hub.DownloadAsync(File)).Folder, File);
        Assert.Equal(HubFixture.LargeContent, await System.IO.File.ReadAllBytesAsync(path));
        var ranges = hub.Server.Requests.Where(request => request.Method == "GET" && request.Host.StartsWith(
            "localhost", StringComparison.Ordinal)).Select(request => request.Range).ToList();
        Assert.Equal(9, ranges.Count); // more than Attempts: each has gained some bytes
        Assert.Null(ranges[0]);
        Assert.All(ranges.Skip(1), range => Assert.Matches("^bytes=[1-9][0-9]*-$", range));
        Assert.Contains(hub.Messages, message => message.Contains("the connection broke", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Download_HubStalls_TriesAgain()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Options = hub.Options with { StallTimeout = TimeSpan.FromSeconds(0.3) };
        hub.Server.Misbehave("GET", hub.AtLargeFiles, times: 1, async (context, _) =>
        {
            await SendPartAsync(context, 0, 100_000);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var path = Path.Combine((await hub.DownloadAsync(File)).Folder, File);
        Assert.Equal(HubFixture.LargeContent, await System.IO.File.ReadAllBytesAsync(path));
        Assert.Contains(
            hub.Messages,
            message => message.Contains("no byte", StringComparison.Ordinal) && message.Contains("0.3 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Download_HubIgnoresRanges_TakesAllAgain()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Server.Misbehave("GET", hub.AtLargeFiles, times: 1, async (context, _) =>
        {
            await SendPartAsync(context, 0, 1_000_000);
            context.Abort();
        });
        hub.Server.Misbehave("GET", hub.AtLargeFiles, times: 1, (context, _) => SendPartAsync(context, 0, Length));
        var path = Path.Combine((await hub.DownloadAsync(File)).Folder, File);
        Assert.Equal(HubFixture.LargeContent, await System.IO.File.ReadAllBytesAsync(path));
    }

    [Theory]
    [InlineData(416)]
    [InlineData(206)]
    public async Task Download_HubAnswersWithAnotherPart_StartsOver(int status)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Server.Misbehave("GET", hub.AtLargeFiles, times: 1, async (context, _) =>
        {
            await SendPartAsync(context, 0, 1_000_000);
            context.Abort();
        });
        hub.Server.Misbehave("GET", hub.AtLargeFiles, times: 1, (context, _) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.ContentRange = $"bytes 5-{Length - 1}/{Length}";
            return Task.CompletedTask;
        });
        var path = Path.Combine((await hub.DownloadAsync(File)).Folder, File);
        Assert.Equal(HubFixture.LargeContent, await System.IO.File.ReadAllBytesAsync(path));
    }

    [Fact]
    public async Task Download_Interrupted_NextProcessGoesOn()
    {
        await using var hub = await HubFixture.StartAsync();
        using (var stop = new CancellationTokenSource())
        {
            hub.Server.Misbehave("GET", hub.AtLargeFiles, times: 1, async (context, _) =>
            {
                await SendPartAsync(context, 0, 2_000_000);
                while (hub.Progress.LastOrDefault()?.Bytes is null or < 2_000_000)
                    await Task.Delay(10);
                await stop.CancelAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hub.DownloadAsync("main", [File], stop.Token));
        }

        hub.Content.TryFind(hub.Content.Head, File, out var file);
        Assert.Equal(2_000_000, new FileInfo(Path.Combine(hub.Repository, $"blobs/{file.Etag}.incomplete")).Length);
        Assert.False(Directory.Exists(Path.Combine(hub.Repository, "snapshots")));
        var path = Path.Combine((await hub.DownloadAsync(File)).Folder, File);
        Assert.Equal(HubFixture.LargeContent, await System.IO.File.ReadAllBytesAsync(path));
        Assert.Equal("bytes=2000000-", hub.Server.Requests[^1].Range);
        Assert.False(Path.Exists(Path.Combine(hub.Repository, $"blobs/{file.Etag}.incomplete")));
    }

    [Theory]
    [InlineData(2_000_000)] // as long as a beginning would be, but other bytes
    [InlineData(Length)]
    [InlineData(Length + 7)]
    public async Task Download_WhatAnEarlierOneLeftIsDamaged_StartsOver(int length)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Content.TryFind(hub.Content.Head, File, out var file);
        Directory.CreateDirectory(Path.Combine(hub.Repository, "blobs"));
        await System.IO.File.WriteAllBytesAsync(
            Path.Combine(hub.Repository, $"blobs/{file.Etag}.incomplete"), HubFixture.Random(length, seed: 3));
        var path = Path.Combine((await hub.DownloadAsync(File)).Folder, File);
        Assert.Equal(HubFixture.LargeContent, await System.IO.File.ReadAllBytesAsync(path));
    }

    [Theory]
    [InlineData(File, "SHA-256")]
    [InlineData("config.json", "git id")]
    public async Task Download_OtherBytesThanAnnounced_AreRefusedAndNothingIsKept(string file, string hash)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Content.TryFind(hub.Content.Head, file, out var content);
        var altered = content.Bytes.ToArray();
        altered[^1] ^= 1;
        hub.Server.Misbehave("GET", $"/{file}", times: 100, async (context, right) =>
        {
            if (context.Request.Path.Value!.Contains("/resolve/", StringComparison.Ordinal) && content.IsLarge)
                await right();
            else
                await context.Response.Body.WriteAsync(altered);
        });
        var fault = await hub.FailsAsync(file);
        Assert.Equal(HubFault.Damaged, fault.Fault);
        Assert.Contains($"'{file}'", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"its {hash} is", fault.Message, StringComparison.Ordinal);
        Assert.Contains(content.Etag, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(
            hub.CacheFiles(),
            path => path.Contains("blobs", StringComparison.Ordinal) || path.Contains("snapshots", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Length - 1000, "more than the")]
    [InlineData(Length + 1000, "it ended after 3,000,000 of 3,001,000 bytes")]
    public async Task Download_HubLiesAboutTheLength_SaysSo(int announced, string message)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Server.Misbehave("HEAD", $"/{File}", times: 100, async (context, right) =>
        {
            await right();
            context.Response.Headers["X-Linked-Size"] = $"{announced}";
        });
        var fault = await hub.FailsAsync(File);
        Assert.Contains(hub.Messages.Append(fault.Message), text => text.Contains(message, StringComparison.Ordinal));
        Assert.False(Directory.Exists(Path.Combine(hub.Repository, "snapshots")));
    }

    [Fact]
    public async Task Download_SignedAddressHasExpired_AsksForAnother()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Server.Misbehave("GET", hub.AtLargeFiles, times: 1, (context, _) =>
        {
            context.Response.StatusCode = 403;
            return Task.CompletedTask;
        });
        var path = Path.Combine((await hub.DownloadAsync(File)).Folder, File);
        Assert.Equal(HubFixture.LargeContent, await System.IO.File.ReadAllBytesAsync(path));
        Assert.Contains(
            $"{File}: answered 403, where {hub.Server.Endpoint} says that a file of model 'org/name' lies.", Assert.Single(hub.Messages),
            StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Download_DiskIsTooSmallOrFillsUp_SaysSo()
    {
        await using var hub = await HubFixture.StartAsync();
        var disk = Directory.CreateDirectory(hub.File("disk")).FullName;
        Skip.IfNot(Mount("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk), "mounting a small disk needs root");
        try
        {
            hub.Options = hub.Options with { Cache = Path.Combine(disk, "cache") };
            var fault = await hub.FailsAsync(File);
            Assert.Contains("takes 3.0 MB more, and 2.1 MB are free", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(
                hub.Server.Requests, request => request.Method == "GET" && request.Path.Contains("resolve", StringComparison.Ordinal));

            Assert.True(Mount("mount", "-o", "remount,size=4m", disk));
            hub.Server.Misbehave("GET", hub.AtLargeFiles, times: 1, async (_, right) =>
            {
                await System.IO.File.WriteAllBytesAsync(Path.Combine(disk, "another's"), new byte[2 << 20]);
                await right();
            });
            fault = await hub.FailsAsync(File);
            Assert.Contains("cannot be written: No space left on device", fault.Message, StringComparison.Ordinal);
            Assert.Contains("HF_HUB_CACHE", fault.Message, StringComparison.Ordinal);

            System.IO.File.Delete(Path.Combine(disk, "another's"));
            var path = Path.Combine((await hub.DownloadAsync(File)).Folder, File);
            Assert.Equal(HubFixture.LargeContent, await System.IO.File.ReadAllBytesAsync(path));
            Assert.NotNull(hub.Server.Requests[^1].Range); // what fitted was kept
        }
        finally
        {
            Mount("umount", disk);
        }
    }

    static bool Mount(string command, params string[] arguments)
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
            return false;
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    static int From(HttpContext context) => context.Request.Headers.Range is { Count: > 0 } range
        ? int.Parse(range.ToString()["bytes=".Length..].TrimEnd('-'), System.Globalization.CultureInfo.InvariantCulture)
        : 0;

    /// <summary>Announces all from a place on, and sends some of it. What was sent is on its way when this returns.</summary>
    static async Task SendPartAsync(HttpContext context, int from, int count)
    {
        var response = context.Response;
        response.StatusCode = from > 0 ? 206 : 200;
        if (from > 0)
            response.Headers.ContentRange = $"bytes {from}-{Length - 1}/{Length}";
        response.ContentLength = Length - from;
        await response.Body.WriteAsync(HubFixture.LargeContent.AsMemory(from, Math.Min(count, Length - from)));
        await response.Body.FlushAsync();
    }
}
