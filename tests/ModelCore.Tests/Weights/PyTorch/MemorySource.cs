using HeadScope.ModelCore.Weights.PyTorch;

namespace HeadScope.ModelCore.Tests.Weights.PyTorch;

/// <summary>A checkpoint that is in no file.</summary>
internal sealed class MemorySource(ReadOnlyMemory<byte> bytes) : ByteSource("test.pt", bytes.Length)
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
