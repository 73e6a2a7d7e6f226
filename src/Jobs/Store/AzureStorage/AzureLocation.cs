using System.Text.RegularExpressions;
using Azure;
using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace HeadScope.Jobs.Store.AzureStorage;

/// <summary>
/// A container, perhaps a prefix in it, and the right to use them, from what a person writes:
/// <c>https://ACCOUNT.blob.core.windows.net/CONTAINER[/PREFIX][?SAS]</c>, with or without <c>azure:</c> before it, or
/// <c>azure://CONTAINER[/PREFIX]</c> with a connection string in the environment.
/// </summary>
/// <remarks>
/// A secret is never kept where it could be shown: <see cref="Display"/> has none, and nothing else is for people.
/// </remarks>
public sealed partial class AzureLocation
{
    /// <summary>The account's connection string, for <c>azure://CONTAINER</c>.</summary>
    public const string ConnectionStringVariable = "AZURE_STORAGE_CONNECTION_STRING";

    /// <summary>A shared access signature, for URLs that have none: a command line is there for everyone on the machine to see.</summary>
    public const string SasVariable = "AZURE_STORAGE_SAS_TOKEN";

    const string Scheme = "azure:";

    readonly Uri _container;
    readonly Right _right;

    AzureLocation(Uri container, string prefix, Right right)
    {
        Display = $"{container.GetLeftPart(UriPartial.Path).TrimEnd('/')}{(prefix.Length == 0 ? "" : $"/{prefix.TrimEnd('/')}")}";
        Prefix = prefix;
        _container = container;
        _right = right;
    }

    /// <summary>Where it is, for people and logs.</summary>
    public string Display { get; }

    /// <summary>The container's name.</summary>
    public string Container => new BlobUriBuilder(_container).BlobContainerName;

    /// <summary>What all names of blobs start with: empty, or ending in a slash.</summary>
    public string Prefix { get; }

    /// <summary>Whether a location is one of these.</summary>
    public static bool Matches(string location) =>
        location.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        || location.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
        || location.StartsWith("http://", StringComparison.OrdinalIgnoreCase);

    /// <summary>What to tell whoever gives a location on a command line: null where all is well.</summary>
    public static string? WarningOf(string location) => Matches(location) && Signature().IsMatch(location)
        ? $"The signature in --store stands in the list of processes, where all users of this machine see it. Leave it out, and set " +
            $"{SasVariable} to it instead."
        : null;

    /// <summary>A text that may quote a command line, without signatures.</summary>
    public static string WithoutSignatures(string text) => Signature().Replace(text, "$1[signature]");

    /// <param name="environment">Reads a variable of the environment.</param>
    /// <exception cref="StoreException">It is not such a location, or the right to use it is missing. The message holds no
    /// secret.</exception>
    public static AzureLocation Parse(string location, Func<string, string?> environment)
    {
        var rest = location.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? location[Scheme.Length..] : location;
        return rest.StartsWith("//", StringComparison.Ordinal) ? OfAccount(rest[2..], environment) : OfUrl(rest, environment);
    }

    /// <summary>A client of the container.</summary>
    public BlobContainerClient Connect(BlobClientOptions options) => _right switch
    {
        Right.OfConnection(var connection) => new BlobContainerClient(connection, Container, options),
        Right.OfSignature(var signature) => new BlobContainerClient(new UriBuilder(_container) { Query = signature }.Uri, options),
        _ => new BlobContainerClient(_container, new DefaultAzureCredential(), options),
    };

    /// <summary>
    /// A client of another service of the account, made with the same right: a connection string, a signature, or an identity.
    /// </summary>
    public T ConnectAccount<T>(Func<string, T> byConnection, Func<Uri, AzureSasCredential, T> bySignature, Func<Uri, TokenCredential, T> byIdentity) => _right switch
    {
        Right.OfConnection(var connection) => byConnection(connection),
        Right.OfSignature(var signature) => bySignature(_container, new AzureSasCredential(signature)),
        _ => byIdentity(_container, new DefaultAzureCredential()),
    };

    static AzureLocation OfAccount(string path, Func<string, string?> environment)
    {
        if (path.Contains('?', StringComparison.Ordinal))
            throw new StoreException(
                $"azure://{path[..path.IndexOf('?', StringComparison.Ordinal)]}: expected azure://CONTAINER[/PREFIX], without a query. A " +
                $"shared access signature goes with the container's https URL.");
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var container = slash < 0 ? path : path[..slash];
        if (environment(ConnectionStringVariable) is not { Length: > 0 } connection)
            throw new StoreException(
                $"azure://{path}: {ConnectionStringVariable} is not set. Set it to the account's connection string, or give the " +
                $"container's https URL.");
        try
        {
            var uri = new BlobContainerClient(connection, CheckContainer(container, $"azure://{path}")).Uri;
            return new AzureLocation(uri, PrefixOf(slash < 0 ? "" : path[slash..]), new Right.OfConnection(connection));
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            // Its message may quote the connection string, which is a secret.
            throw new StoreException(
                $"azure://{path}: {ConnectionStringVariable} is not a connection string of a storage account. Copy it from the account's " +
                $"access keys.");
        }
    }

    static AzureLocation OfUrl(string url, Func<string, string?> environment)
    {
        var shown = url.Split('?', '#')[0];
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http") || uri.UserInfo.Length > 0)
            throw new StoreException(
                $"{WithoutUser(shown)}: not the URL of a container; expected https://ACCOUNT.blob.core.windows.net/CONTAINER[/PREFIX].");
        var parts = new BlobUriBuilder(new Uri(shown));
        var prefix = PrefixOf(parts.BlobName);
        CheckContainer(parts.BlobContainerName, shown);
        parts.BlobName = "";
        var container = parts.ToUri();
        var sas = uri.Query is { Length: > 1 } query ? query[1..] : environment(SasVariable)?.TrimStart('?');
        if (!string.IsNullOrEmpty(sas))
        {
            if (!sas.Contains("sig=", StringComparison.Ordinal))
                throw new StoreException($"{shown}: what follows the question mark is not a shared access signature (it has no 'sig='). Put the whole URL in quotes.");
            return new AzureLocation(container, prefix, new Right.OfSignature(sas));
        }

        if (uri.Scheme != "https")
            throw new StoreException(
                $"{shown}: without https only a shared access signature can be used. Append one, or use azure://CONTAINER with " +
                $"{ConnectionStringVariable}.");
        return new AzureLocation(container, prefix, new Right.OfIdentity());
    }

    static string CheckContainer(string name, string location) =>
        name.Length is >= 3 and <= 63 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
            && !name.Contains("--", StringComparison.Ordinal) && name[0] != '-' && name[^1] != '-'
            ? name
            : throw new StoreException(
                $"{location}: '{name}' is not the name of a container: 3 to 63 lower-case letters, digits and single hyphens.");

    static string PrefixOf(string path)
    {
        var prefix = path.Trim('/');
        return prefix.Length == 0 ? "" : $"{BlobName.Check(prefix)}/";
    }

    [GeneratedRegex(@"(\bsig=)[^&\s'""]+", RegexOptions.IgnoreCase)]
    private static partial Regex Signature();

    static string WithoutUser(string url) => url.Contains('@', StringComparison.Ordinal) ? "the location" : url;

    /// <summary>By what right the account is used. No record: it would show its secret.</summary>
    abstract class Right
    {
        public sealed class OfConnection(string connection) : Right
        {
            public void Deconstruct(out string secret) => secret = connection;
        }

        public sealed class OfSignature(string signature) : Right
        {
            public void Deconstruct(out string secret) => secret = signature;
        }

        /// <summary>Whoever is signed in.</summary>
        public sealed class OfIdentity : Right;
    }
}
