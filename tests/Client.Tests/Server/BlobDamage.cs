using System.Text;
using System.Text.Json.Nodes;

namespace HeadScope.Client.Tests.Server;

/// <summary>Ways in which a JSON blob of a job is not what it should be.</summary>
internal static class BlobDamage
{
    const long Huge = 3L << 30;

    /// <summary>Damage that any blob can have, by a name.</summary>
    public static IReadOnlyDictionary<string, Action<string>> Any { get; } = new Dictionary<string, Action<string>>
    {
        ["no JSON"] = file => File.WriteAllText(file, "{ no"),
        ["half of it"] = file => File.WriteAllBytes(file, File.ReadAllBytes(file)[..^20]),
        ["bytes that are no text"] = file => File.WriteAllBytes(file, [0xff, 0xfe, 0, 1, 2, 3]),
        ["null"] = file => File.WriteAllText(file, "null"),
        ["another type"] = file => File.WriteAllText(file, "[1]"),
        ["wrong types"] = file => Edit(file, json => json[json.First().Key] = new JsonArray(new JsonObject())),
        ["empty"] = file => File.WriteAllBytes(file, []),
        ["huge"] = file => Lengthen(file, Huge),
        ["a folder"] = file =>
        {
            File.Delete(file);
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(file).FullName, "inside"), "x");
        },
        ["deep"] = file => File.WriteAllText(file, new string('[', 100_000)),
        ["deep inside"] = file => Insert(file, $"\"more\": {string.Concat(Enumerable.Repeat("{\"a\":", 10_000))}"),
        ["a key twice"] = file => Insert(file, Member(File.ReadAllText(file))),
        ["half a character"] = file => Insert(file, "\"\\ud800\": 1"),
    };

    public static void Edit(string file, Action<JsonObject> edit)
    {
        var json = JsonNode.Parse(File.ReadAllBytes(file))!.AsObject();
        edit(json);
        File.WriteAllText(file, json.ToJsonString());
    }

    /// <summary>Makes a file longer than any memory should hold, without taking room on the disk.</summary>
    static void Lengthen(string file, long length)
    {
        using var stream = new FileStream(file, FileMode.Open);
        stream.SetLength(length);
    }

    static void Insert(string file, string member)
    {
        var text = File.ReadAllText(file);
        File.WriteAllText(file, new StringBuilder(text).Insert(text.IndexOf('{', StringComparison.Ordinal) + 1, $"{member},").ToString());
    }

    /// <summary>The first of an object's members.</summary>
    static string Member(string json)
    {
        var (key, value) = JsonNode.Parse(json)!.AsObject().First();
        return $"\"{key}\": {value?.ToJsonString() ?? "null"}";
    }
}
