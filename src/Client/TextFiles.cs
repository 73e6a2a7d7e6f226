using System.Text.Json;

namespace HeadScope.Client;

/// <summary>Documents in files: each line of a .jsonl file, every other file as a whole, and those of a folder in the order of their paths.</summary>
internal static class TextFiles
{
    /// <summary>The documents, read anew each time they are enumerated. Bytes that are not UTF-8 become U+FFFD.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <param name="column">Which member of a line's object holds the text.</param>
    /// <exception cref="InvalidDataException">A line is not an object with such a member.</exception>
    public static IEnumerable<string> Open(string path, string column)
    {
        var files = File.Exists(path) ? [path] : Directory.GetFiles(path, "*", SearchOption.AllDirectories);
        Array.Sort(files, StringComparer.Ordinal);
        return files.SelectMany(file => Path.GetExtension(file) == ".jsonl" ? Lines(file, column) : [File.ReadAllText(file)]);
    }

    static IEnumerable<string> Lines(string file, string column) =>
        File.ReadLines(file).Index().Where(line => line.Item.Length > 0).Select(line => Text(file, line.Index + 1, line.Item, column));

    static string Text(string file, int number, string line, string column)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty(column, out var text) && text.ValueKind == JsonValueKind.String)
                return text.GetString()!;
            var found = document.RootElement.ValueKind == JsonValueKind.Object
                ? $"an object of {string.Join(", ", document.RootElement.EnumerateObject().Select(member => member.Name))}"
                : $"a JSON {document.RootElement.ValueKind}";
            throw new InvalidDataException($"{file}, line {number}: there is {found}, where an object with the text '{column}' was expected. Name its column with --column.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the second where an escape is half of a surrogate pair
        {
            throw new InvalidDataException($"{file}, line {number}: not JSON text: {e.Message}", e);
        }
    }
}
