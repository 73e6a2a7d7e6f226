using System.Runtime.InteropServices;
using System.Text.Json;
using HeadScope.Data.Tokens.Concatenation;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Tokens.Concatenation;

/// <summary>tokenize_and_concatenate written a second time, in another language, over the Hugging Face tokenizers library.</summary>
internal static class ConcatenationPeer
{
    const string Package = "tokenizers@0.23.2";

    /// <summary>The tokens of the rows for each set of options, row after row. Skips the test where the library cannot be had.</summary>
    public static List<int[]> Rows(string definition, IReadOnlyList<string> documents, IReadOnlyList<ConcatenationOptions> options)
    {
        using var folder = new TemporaryFolder();
        var jobs = options.Select((one, i) => new
        {
            profile = one.Profile.Name,
            one.Context,
            one.AddBos,
            one.Padding,
            one.Processes,
            output = folder.File($"{i}.bin"),
        }).ToList();
        var request = folder.File("request.json");
        File.WriteAllText(request, JsonSerializer.Serialize(new { definition, documents, jobs }, JsonSerializerOptions.Web));
        NodePackages.Run("concatenate.mjs", [Package], request);
        return [.. jobs.Select(job => MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(job.output)).ToArray())];
    }
}
