using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HeadScope.Tests.Support;

/// <summary>
/// Damages JSON. In half of the cases its values change places, kinds and names, and it stays JSON; in the others here and there a byte, a
/// number or a piece changes, so that much of it still parses.
/// </summary>
internal static class JsonMutator
{
    static readonly string[] Values =
    [
        "null", "true", "false", "0", "-1", "1", "0.5", "1e999", "2147483647", "2147483648", "-2147483649", "9223372036854775807",
        "18446744073709551616", "1e-400",
        "\"\"", "\"x\"", "\"NaN\"", "\"..\"", "\"a/../b\"", "\"\\u0000\"", "\"\\u001b[2J\"", "\"\\ud800\"",
        "[]", "{}", "[null]", "[[1]]", "{\"a\":1}",
    ];

    static readonly byte[][] Pieces =
    [
        .. new[]
        {
            "-1", "0", "1e999", "-0.5", "2147483648", "9223372036854775808", "18446744073709551615", "99999999999999999999999",
            "null", "true", "{}", "[]", "\"\"", "\"\\ud800\"", "\"\\u0000\"", "[[[[[[[[",
            "{\"a\":", "]", "}", ",", ":", "\"", "\\", "\u00e9", "NaN",
        }.Select(Encoding.UTF8.GetBytes),
        [0xff, 0xfe], [0xc0, 0x80], [0xed, 0xa0, 0x80],
    ];

    public static byte[] Next(IReadOnlyList<byte[]> inputs, Random random) => Next(ByteChanges.Pick(inputs, random), inputs, random);

    /// <param name="json">What is damaged.</param>
    /// <param name="inputs">Others, of which pieces are put into it.</param>
    public static byte[] Next(byte[] json, IReadOnlyList<byte[]> inputs, Random random)
    {
        if (random.Next(2) == 0 && TryRearrange(json, random) is { } rearranged)
            return rearranged;
        var bytes = new List<byte>(json);
        for (var changes = random.Next(3) == 0 ? random.Next(2, 5) : 1; changes > 0 && bytes.Count > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(9))
            {
                case 8:
                    bytes.InsertRange(at, ByteChanges.Cut(ByteChanges.Pick(inputs, random), random));
                    break;
                case 0:
                    bytes.InsertRange(at, ByteChanges.Pick(Pieces, random));
                    break;
                case 1:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 2 or 3:
                    ReplaceNumber(bytes, at, random);
                    break;
                default:
                    ByteChanges.Any(bytes, at, longest: random.Next(2) == 0 ? 8 : 200, random);
                    break;
            }
        }

        return [.. bytes];
    }

    /// <returns>JSON in which one or two values are others; null where it was none.</returns>
    static byte[]? TryRearrange(byte[] json, Random random)
    {
        try
        {
            var root = JsonNode.Parse(json);
            for (var changes = random.Next(1, 3); changes > 0 && root is not null; changes--)
            {
                List<JsonNode> containers = [.. Containers(root)];
                if (containers.Count == 0)
                    return null;
                Rearrange(ByteChanges.Pick(containers, random), containers, random);
            }

            return root is null ? null : Encoding.UTF8.GetBytes(root.ToJsonString());
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            return null; // it names a key twice, or has a text that cannot be written
        }
    }

    static void Rearrange(JsonNode container, List<JsonNode> others, Random random)
    {
        var value = random.Next(4) == 0 ? ByteChanges.Pick(others, random).DeepClone() : JsonNode.Parse(ByteChanges.Pick(Values, random));
        if (container is JsonArray array)
        {
            var at = random.Next(array.Count + 1);
            if (at < array.Count && random.Next(2) == 0)
                array[at] = value;
            else if (at < array.Count && random.Next(2) == 0)
                array.RemoveAt(at);
            else
                array.Insert(at, value);
            return;
        }

        var members = container.AsObject();
        if (members.Count == 0)
            return;
        var (name, old) = members.GetAt(random.Next(members.Count));
        switch (random.Next(4))
        {
            case 0:
                members.Remove(name);
                break;
            case 1: // under the name of another, or a new one
                members.Remove(name);
                members[random.Next(2) == 0 && members.Count > 0 ? members.GetAt(random.Next(members.Count)).Key : $"{name}_"] = old;
                break;
            default:
                members[name] = value;
                break;
        }
    }

    static IEnumerable<JsonNode> Containers(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => Containers(member.Value)).Prepend(node),
        JsonArray items => items.SelectMany(Containers).Prepend(node),
        _ => [],
    };

    static void ReplaceNumber(List<byte> bytes, int from, Random random)
    {
        var start = bytes.FindIndex(from, b => b is >= (byte)'0' and <= (byte)'9');
        if (start < 0)
            return;
        var end = start;
        while (end < bytes.Count && bytes[end] is >= (byte)'0' and <= (byte)'9')
            end++;
        bytes.RemoveRange(start, end - start);
        bytes.InsertRange(start, random.Next(3) == 0 ? Encoding.ASCII.GetBytes($"{random.Next(300)}") : Pieces[random.Next(8)]);
    }
}
