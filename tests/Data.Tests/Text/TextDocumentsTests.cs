using System.Text;
using HeadScope.Data.Text;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Text;

public sealed class TextDocumentsTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("one\r\ntwo\n\0é\U0001F600")]
    public void Read_TextFile_IsOneDocumentAsItIs(string text)
    {
        Assert.Equal([text], Read(Encoding.UTF8.GetBytes(text)));
        Assert.Equal([text], Read([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(text)]));
    }

    [Fact]
    public void Read_OtherEncoding_SaysWhichByteAndWhatToDo()
    {
        Refused(
            [.. "caf"u8, 0xE9, .. " au lait"u8],
            "byte 3: found E9, which begins no character; expected UTF-8. Convert it from its own encoding");
        Refused([.. Encoding.UTF8.Preamble, 0xFF], "byte 3: found FF");
        Refused([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("text")], "byte 0: found UTF-16; expected UTF-8. Convert it: iconv");
    }

    [Fact]
    public void Read_FileBeyondTheLimit_IsRefusedUnread()
    {
        using (var file = File.Create(_folder.File("large.txt")))
            file.SetLength(Documents.MaxBytes + 1L); // a hole: no such bytes are on the disk
        var error = Assert.Throws<InvalidDataException>(() => Documents.Open(_folder.File("large.txt")).Read().Count());
        Assert.Contains("found 536870913 bytes; expected a document of at most 536870912", error.Message, StringComparison.Ordinal);
    }

    List<string> Read(byte[] bytes)
    {
        File.WriteAllBytes(_folder.File("a.txt"), bytes);
        return [.. Documents.Open(_folder.File("a.txt")).Read()];
    }

    void Refused(byte[] bytes, string message)
    {
        var error = Assert.Throws<InvalidDataException>(() => Read(bytes));
        Assert.Contains($"a.txt, {message}", error.Message, StringComparison.Ordinal);
    }
}
