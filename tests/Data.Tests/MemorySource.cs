using HeadScope.Data.Files;
namespace HeadScope.Data.Tests;

/// <summary>A file that is in memory only.</summary>
internal sealed class MemorySource(ReadOnlyMemory<byte> bytes, string name = "test.pt") : ByteSource(name, bytes.Length)
{
    public override void Dispose()
    {
    }

    protected override int ReadSome(long offset, Span<byte> destination)
    {
        var count = (int)Math.Min(destination.Length, Length - offset);
        bytes.Span.Slice((int)offset, count).CopyTo(destination);
        return count;
    }
}
