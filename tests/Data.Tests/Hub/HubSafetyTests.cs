using HeadScope.Data.Hub;

namespace HeadScope.Data.Tests.Hub;

/// <summary>Names from elsewhere never lead out of the cache.</summary>
public sealed class HubSafetyTests
{
    public static TheoryData<string> Names =>
    [
        "../../outside", "/tmp/outside", "a/../../outside", "a//b", "", ".", "..", "a/..", "a/.", "a\\..\\b", "line\nbreak", "nul\0",
        new string('x', 300),
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Download_NameThatLeadsElsewhere_IsRefusedBeforeAnythingIsWritten(string name)
    {
        await using var hub = await HubFixture.StartAsync(
            new Dictionary<string, byte[]> { ["config.json"] = "{}"u8.ToArray(), [name] = "outside"u8.ToArray() });
        var fault = await hub.FailsAsync();
        Assert.Equal(HubFault.Refused, fault.Fault);
        Assert.Contains("is not the name of a file inside a repository", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
        Assert.False(Directory.Exists(hub.Options.Cache));

        // Where it is not asked for, it does no harm.
        Assert.Equal(["config.json"], (await hub.DownloadAsync("config.json")).Files);
    }

    [Theory]
    [InlineData("../../outside")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../../b")]
    [InlineData("")]
    public async Task Download_RevisionThatLeadsElsewhere_IsRefused(string revision)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Content.Tag(revision);
        var fault = await Assert.ThrowsAsync<HubException>(() => hub.DownloadAsync(revision, ["config.json"]));
        Assert.Contains($"'{revision}' cannot be a revision", fault.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(hub.Options.Cache));
    }

    [Theory]
    [InlineData("gpt2", true)]
    [InlineData("EleutherAI/pythia-70m", true)]
    [InlineData("a", true)]
    [InlineData("org_1/n.a-m_e2", true)]
    [InlineData("", false)]
    [InlineData("/gpt2", false)]
    [InlineData("./gpt2", false)]
    [InlineData("../gpt2", false)]
    [InlineData("~/gpt2", false)]
    [InlineData("a/b/c", false)]
    [InlineData("a--b", false)]
    [InlineData("a..b", false)]
    [InlineData("repository.git", false)]
    [InlineData("gpt 2", false)]
    [InlineData("gpt2\n", false)]
    [InlineData("gpt２", false)] // a full-width digit
    [InlineData("a/-b", false)]
    public void IsId_WhatARepositoryMayBeCalled(string id, bool expected)
    {
        Assert.Equal(expected, HubRepository.IsId(id));
        if (!expected)
            Assert.Throws<ArgumentException>(() => new HubRepository(HubKind.Model, id));
    }

    [Fact]
    public void IsId_LongerThanTheHubAllows_IsNone() => Assert.False(HubRepository.IsId(new string('a', 97)));
}
