using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Tokens;

/// <summary>
/// The Hugging Face tokenizers library (Rust, in this process): the definition of the right ids. It ends the process on some faulty
/// definitions, so it is given good ones alone.
/// </summary>
internal sealed class TokenizerPeer
{
    readonly global::Tokenizers.DotNet.Tokenizer _tokenizer;

    /// <summary>Skips the test where the library has no build for the platform.</summary>
    /// <param name="definition">The text of a tokenizer.json.</param>
    public TokenizerPeer(string definition)
    {
        Skip.IfNot(
            OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64,
            "The tests have the tokenizers library for Linux on x64 alone.");
        // A special token differs from others in decoding alone, where the library leaves it out.
        var root = JsonNode.Parse(definition)!;
        foreach (var token in root["added_tokens"]!.AsArray())
            token!["special"] = false;
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer.json"), root.ToJsonString());
        _tokenizer = new(folder.File("tokenizer.json"));
    }

    /// <summary>The library's ids for a text.</summary>
    public int[] Encode(string text) => [.. _tokenizer.Encode(text).Select(id => (int)id)];

    /// <summary>The library's text for ids.</summary>
    public string Decode(int[] ids) => _tokenizer.Decode([.. ids.Select(id => (uint)id)]);
}
