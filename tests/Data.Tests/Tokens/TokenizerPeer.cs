using System.Text.Json;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Tokens;

/// <summary>
/// The Hugging Face tokenizers library (Rust, through its bindings for Node): the definition of the right ids. The same folk's
/// library in JavaScript is no peer: its <c>\s</c> has U+FEFF and lacks U+0085, and its normal form C is the engine's.
/// </summary>
internal static class TokenizerPeer
{
    const string Package = "tokenizers@0.23.2";

    /// <summary>The library's ids for each text. Skips the test where the library cannot be had.</summary>
    public static int[][] Encode(string definition, IReadOnlyList<string> texts) => Ask(definition, texts, []).Encoded;

    /// <summary>The library's text for each list of ids. Skips the test where the library cannot be had.</summary>
    public static string[] Decode(string definition, IReadOnlyList<int[]> ids) => Ask(definition, [], ids).Decoded;

    static Answer Ask(string definition, IReadOnlyList<string> texts, IReadOnlyList<int[]> ids)
    {
        using var folder = new TemporaryFolder();
        var request = folder.File("request.json");
        File.WriteAllText(request, JsonSerializer.Serialize(new { definition, texts, ids }));
        var answer = NodePackages.Run("tokenizers.mjs", [Package], request);
        return JsonSerializer.Deserialize<Answer>(answer, JsonSerializerOptions.Web)!;
    }

    sealed record Answer(int[][] Encoded, string[] Decoded);
}
