using System.Text;
using HeadScope.Data.Files;
using HeadScope.Data.Tokens;
using HeadScope.Data.Weights;
using HeadScope.ModelCore.Model;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Files;

/// <summary>
/// A key that comes twice means one thing to one program and another to the next: every file of JSON is refused for it, by the key's name.
/// </summary>
public sealed class StrictJsonTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""{"a": 1, "a": 1}""", "it names 'a' twice in one object")]
    [InlineData("""{"a": {"b": 1, "c": [{"d": 1, "\u0064": 2}]}}""", "it names 'd' twice in one object")]
    [InlineData("""{"a\u001b[2J": 1, "a\u001b[2J": 1}""", "it names 'a?[2J' twice in one object")]
    [InlineData("""{"a": 1,}""", "it is not JSON from line 1, byte 9 on")]
    [InlineData("""{"a": "\ud800"}""", "the text that starts at byte 6 has an escape that is half of a surrogate pair")]
    [InlineData("""{"\udc00": 1}""", "the text that starts at byte 1 has an escape that is half of a surrogate pair")]
    [InlineData("", "it is not JSON")]
    public void Parse_WhatCouldBeReadInTwoWays_IsRefused(string json, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(
            () => StrictJson.Parse(Encoding.UTF8.GetBytes(json))).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_BytesThatAreNotUtf8_AreRefused() =>
        Assert.Contains(
            "not UTF-8", Assert.Throws<FormatException>(() => StrictJson.Parse(new byte[] { (byte)'"', 0xff, (byte)'"' })).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Parse_NestedBeyondReason_IsRefused() =>
        Assert.Throws<FormatException>(() => StrictJson.Parse(Encoding.ASCII.GetBytes(new string('[', 1_000_000))));

    [Fact]
    public void Parse_TheSameKeyInDifferentObjects_IsRead()
    {
        using var document = StrictJson.Parse("""{"a": {"a": 1}, "b": [{"a": 2}, {"a": 3}]}"""u8.ToArray());
        Assert.Equal(3, document.RootElement.GetProperty("b")[1].GetProperty("a").GetInt32());
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("model.safetensors")]
    [InlineData("model.safetensors.index.json")]
    [InlineData("tokenizer.json")]
    public void Open_AKeyComesTwice_NamesFileAndKey(string file)
    {
        foreach (var name in new[] { "config.json", "model.safetensors" })
            File.Copy(Fixture.PathOf("neox-tiny", "model", name), _folder.File(name));
        Action opened = () => ModelWeights.Open(_folder.File(""), WeightProcessing.Default).Dispose();
        string key;
        switch (file)
        {
            case "config.json":
                key = "vocab_size";
                File.WriteAllText(_folder.File(file), File.ReadAllText(_folder.File(file)).Replace(
                    "\"vocab_size\"", "\"vocab_size\": 7, \"vocab_size\"", StringComparison.Ordinal));
                break;
            case "model.safetensors":
                key = "dtype";
                WriteSafetensors("""{"w": {"dtype": "F32", "dtype": "I32", "shape": [1], "data_offsets": [0, 4]}}""");
                break;
            case "model.safetensors.index.json":
                key = "weight_map";
                File.Delete(_folder.File("model.safetensors"));
                File.WriteAllText(_folder.File(file), """{"weight_map": {}, "weight_map": {"a": "b"}}""");
                break;
            default:
                key = "model";
                File.WriteAllText(_folder.File(file), """{"model": {"type": "BPE"}, "model": {}}""");
                opened = () => Tokenizer.TryLoad(InputPath.Anywhere(_folder.File("")));
                break;
        }

        var fault = Assert.Throws<InvalidDataException>(opened);
        Assert.Contains(file, fault.Message, StringComparison.Ordinal);
        Assert.Contains($"it names '{key}' twice in one object", fault.Message, StringComparison.Ordinal);
    }

    void WriteSafetensors(string header)
    {
        var json = Encoding.UTF8.GetBytes(header);
        File.WriteAllBytes(_folder.File("model.safetensors"), [.. BitConverter.GetBytes((long)json.Length), .. json, 0, 0, 0, 0]);
    }
}
