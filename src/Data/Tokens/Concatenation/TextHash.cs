using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace HeadScope.Data.Tokens.Concatenation;

/// <summary>SHA-256 of documents in order: for each the length of its UTF-8, 8 bytes, little-endian, then its UTF-8.</summary>
internal sealed class TextHash : IDisposable
{
    const int PartChars = 1 << 16;

    readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly byte[] _bytes = new byte[Encoding.UTF8.GetMaxByteCount(PartChars)];

    public void Add(string document)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_bytes, Encoding.UTF8.GetByteCount(document));
        _hash.AppendData(_bytes, 0, sizeof(long));
        var encoder = Encoding.UTF8.GetEncoder(); // carries a surrogate pair over from one part to the next
        for (var rest = document.AsSpan(); !rest.IsEmpty;)
        {
            var part = rest[..Math.Min(rest.Length, PartChars)];
            rest = rest[part.Length..];
            _hash.AppendData(_bytes, 0, encoder.GetBytes(part, _bytes, flush: rest.IsEmpty));
        }
    }

    /// <summary>In lower-case hex.</summary>
    public string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();
}
