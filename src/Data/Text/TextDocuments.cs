using System.Text;
using HeadScope.Data.Files;

namespace HeadScope.Data.Text;

/// <summary>Each file is one document.</summary>
/// <remarks>
/// A byte order mark is left out; line ends stay as they are. Bytes that are not UTF-8 are an error, as they are for Python's open().
/// </remarks>
internal sealed class TextDocuments(IReadOnlyList<string> files) : IDocuments
{
    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public IReadOnlyList<string> Files => files;

    public IEnumerable<string> Read() => files.Select(ReadFile);

    static string ReadFile(string file)
    {
        if (new FileInfo(file).Length is > Documents.MaxBytes and var length)
            throw Fault.At(
                file, "the whole", $"{length} bytes", $"a document of at most {Documents.MaxBytes}", "Cut it into several files.");
        var bytes = File.ReadAllBytes(file);
        var mark = bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        try
        {
            return Strict.GetString(bytes.AsSpan(mark));
        }
        catch (DecoderFallbackException fault)
        {
            var at = mark + fault.Index;
            var isUtf16 = bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..];
            throw Fault.At(
                file, $"byte {at}", isUtf16 ? "UTF-16" : $"{bytes[at]:X2}, which begins no character", "UTF-8",
                isUtf16 ? "Convert it: iconv -f utf-16 -t utf-8." : "Convert it from its own encoding, such as: iconv -f latin1 -t utf-8.");
        }
    }
}
