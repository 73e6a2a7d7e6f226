using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace HeadScope.Silo.Security;

/// <summary>An API key as it is kept: without the secret, of which there is only the hash.</summary>
/// <param name="Name">Whose it is; recorded with what it submits.</param>
/// <param name="Hash">SHA-256 of the secret, in hex. Secrets are 256 random bits, so no slower hash is needed.</param>
public sealed record ApiKey(string Name, Role Role, string Hash, DateTimeOffset Created)
{
    const string Prefix = "hs_";
    const int SecretBytes = 32;

    /// <summary>A new secret. It is shown once and kept nowhere.</summary>
    public static string NewSecret() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    public static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>What is wrong with a key that was read; null where nothing is.</summary>
    internal string? Fault() =>
        !IsName(Name) ? "a key has no name that one can have: expected letters, digits, '.', '-' and '_', at most 64"
        : !Enum.IsDefined(Role) ? $"the role of key '{Name}' is unknown: expected reader, submitter or admin"
        : Hash.Length != 2 * SHA256.HashSizeInBytes || !Hash.All(char.IsAsciiHexDigitLower)
            ? $"the hash of key '{Name}' is malformed: expected {2 * SHA256.HashSizeInBytes} hex digits"
        : null;

    /// <summary>Whether a text is a key's name: letters, digits, dot, dash and underscore, at most 64.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
}
