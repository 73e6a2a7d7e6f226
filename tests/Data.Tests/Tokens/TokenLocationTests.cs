using System.Text.Json;
using HeadScope.Data.Tokens;

namespace HeadScope.Data.Tests.Tokens;

public class TokenLocationTests
{
    [Theory]
    [InlineData("pile.safetensors", "pile.safetensors", null)]
    [InlineData("pile.safetensors:ind", "pile.safetensors", "ind")]
    [InlineData("PILE.SAFETENSORS:ind", "PILE.SAFETENSORS", "ind")]
    [InlineData("pile.safetensors:", "pile.safetensors", "")]
    [InlineData("pile.safetensors:a:b", "pile.safetensors", "a:b")]
    [InlineData("pile.npy", "pile.npy", null)]
    [InlineData("run 12:30/pile.npy", "run 12:30/pile.npy", null)]
    [InlineData("run 12:30/pile.safetensors:ind", "run 12:30/pile.safetensors", "ind")]
    [InlineData("a.safetensors:b/c.safetensors:ind", "a.safetensors:b/c.safetensors", "ind")]
    [InlineData(@"C:\pile.safetensors", @"C:\pile.safetensors", null)]
    [InlineData(@"C:\pile.safetensors:ind", @"C:\pile.safetensors", "ind")]
    [InlineData("pile.safetensors:/../../outside/secret.npy", "pile.safetensors", "/../../outside/secret.npy")]
    [InlineData("", "", null)]
    public void Parse_Name_SplitsFileAndTensorByTheTextAlone(string named, string path, string? tensor)
    {
        var location = TokenLocation.Parse(named);
        Assert.Equal(new TokenLocation(path, tensor), location);
        Assert.Equal(named, location.ToString());
        Assert.Equal(JsonSerializer.Serialize(named), JsonSerializer.Serialize(location)); // as specs have it
        Assert.Equal(location, JsonSerializer.Deserialize<TokenLocation>(JsonSerializer.Serialize(location)));
    }
}
