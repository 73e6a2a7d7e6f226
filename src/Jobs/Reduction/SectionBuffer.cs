namespace HeadScope.Jobs.Reduction;

/// <summary>Memory that is used again for section after section.</summary>
public sealed class SectionBuffer
{
    byte[] _bytes = [];

    public Memory<byte> OfLength(int length)
    {
        if (_bytes.Length < length)
            _bytes = new byte[length];
        return _bytes.AsMemory(0, length);
    }
}
