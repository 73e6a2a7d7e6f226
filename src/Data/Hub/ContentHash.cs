using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HeadScope.Data.Hub;

/// <summary>
/// Checks a file's content by its etag: of a large file that is its SHA-256 (64 hex digits), of others git's id of it, the SHA-1 of
/// a header and the content (40). Other etags, as mirrors may send, say nothing of the content: then only the size is checked.
/// </summary>
internal sealed class ContentHash : IDisposable
{
    readonly string _etag;
    readonly IncrementalHash? _hash;

    public ContentHash(string etag, long size)
    {
        _etag = etag;
        if (etag.All(char.IsAsciiHexDigitLower) && etag.Length is 40 or 64)
            _hash = IncrementalHash.CreateHash(etag.Length == 64 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (etag.Length == 40)
            _hash?.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {size}\0")));
    }

    public void Append(ReadOnlySpan<byte> content) => _hash?.AppendData(content);

    /// <summary>Null where the content is the etag's, else what it is instead.</summary>
    public string? Mismatch()
    {
        if (_hash is null || Convert.ToHexStringLower(_hash.GetHashAndReset()) is var found && found == _etag)
            return null;
        return $"its {(_etag.Length == 64 ? "SHA-256" : "git id")} is {found}, where {_etag} was announced";
    }

    public void Dispose() => _hash?.Dispose();
}
