using HeadScope.Silo.Security;

namespace HeadScope.Silo.Tests;

public class PathsInTextTests
{
    [Theory]
    [InlineData("/data/models/pythia/config.json: the field is missing.", ".../config.json: the field is missing.")]
    [InlineData("Could not find a part of the path '/srv/my models/x.npy'.", "Could not find a part of the path '.../x.npy'.")]
    [InlineData("Access to the path \"/srv/x y/\" is denied.", "Access to the path \".../\" is denied.")]
    [InlineData("/data is full (linking /data/a to /data/b)", ".../data is full (linking .../a to .../b)")]
    [InlineData(@"C:\models\x.npy is missing", ".../x.npy is missing")]
    [InlineData("model/config.json: see https://huggingface.co/org/name, and/or 0/0 in shard 3", "model/config.json: see https://huggingface.co/org/name, and/or 0/0 in shard 3")]
    [InlineData("[2, 3] of 4 / 5", "[2, 3] of 4 / 5")]
    public void Hide_Text_LeavesOfAbsolutePathsTheLastPart(string text, string expected) => Assert.Equal(expected, PathsInText.Hide(text));
}
