using HeadScope.Data.Hub;

namespace HeadScope.Data.Tests.Hub;

/// <summary>The ecosystem's environment variables, as huggingface_hub reads them.</summary>
public sealed class HubOptionsTests
{
    const string Home = "/home/someone";

    [Fact]
    public void From_NothingSet_IsTheEcosystemsDefault()
    {
        var options = From();
        Assert.Equal(
            ("https://huggingface.co", $"{Home}/.cache/huggingface/hub", $"{Home}/.cache/huggingface/token"),
            (options.Endpoint, options.Cache, options.TokenPath));
        Assert.Equal((null, false, true), (options.Token, options.Offline, options.Symlinks));
    }

    [Theory]
    [InlineData("/c/huggingface/hub", "XDG_CACHE_HOME=/c")]
    [InlineData("/h/hub", "HF_HOME=/h", "XDG_CACHE_HOME=/c")]
    [InlineData("/old", "HUGGINGFACE_HUB_CACHE=/old", "HF_HOME=/h")]
    [InlineData("/new", "HF_HUB_CACHE=/new", "HUGGINGFACE_HUB_CACHE=/old", "HF_HOME=/h")]
    [InlineData("/home/someone/x", "HF_HUB_CACHE=~/x")]
    [InlineData("/scratch/me/hub/m", "HF_HUB_CACHE=$SCRATCH/hub/${SUB}", "SCRATCH=/scratch/me", "SUB=m")]
    [InlineData("/home/someone/.cache/huggingface/hub", "HF_HUB_CACHE=", "HF_HOME=")]
    public void Cache_FollowsTheVariables(string expected, params string[] variables) => Assert.Equal(expected, From(variables).Cache);

    [Theory]
    [InlineData("a", "HF_TOKEN=a", "HUGGING_FACE_HUB_TOKEN=b")]
    [InlineData("b", "HUGGING_FACE_HUB_TOKEN= b ")]
    [InlineData(null, "HF_TOKEN= ")]
    [InlineData(null, "HF_TOKEN=a", "HF_HUB_DISABLE_IMPLICIT_TOKEN=1")]
    public void Token_FollowsTheVariables(string? expected, params string[] variables) => Assert.Equal(expected, From(variables).Token);

    [Theory]
    [InlineData(true, "HF_HUB_OFFLINE=1")]
    [InlineData(true, "HF_HUB_OFFLINE=yes")]
    [InlineData(true, "TRANSFORMERS_OFFLINE=TRUE")]
    [InlineData(false, "HF_HUB_OFFLINE=0")]
    public void Offline_FollowsTheVariables(bool expected, params string[] variables) => Assert.Equal(expected, From(variables).Offline);

    [Fact]
    public void From_EverythingElse_IsHonoured()
    {
        var options = From(
            "HF_ENDPOINT=http://mirror:8080/", "HF_TOKEN_PATH=/t", "HF_HUB_DISABLE_SYMLINKS=1", "HF_HUB_DOWNLOAD_TIMEOUT=60",
            "HF_HUB_ETAG_TIMEOUT=2.5");
        Assert.Equal(("http://mirror:8080", "/t", false), (options.Endpoint, options.TokenPath, options.Symlinks));
        Assert.Equal((60, 2.5), (options.StallTimeout.TotalSeconds, options.AnswerTimeout.TotalSeconds));
    }

    [Fact]
    public void ToString_HasNoToken() =>
        Assert.DoesNotContain("hf_secret", From("HF_TOKEN=hf_secret").ToString(), StringComparison.Ordinal);

    static HubOptions From(params string[] variables)
    {
        var values = variables.Select(variable => variable.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1]);
        return HubOptions.From(values.GetValueOrDefault, Home);
    }
}
