using System.Globalization;

namespace HeadScope.Data.Hub;

/// <summary>Where the hub and its cache are, and how patient to be. The ecosystem's environment variables set it.</summary>
public sealed record HubOptions
{
    public const string DefaultEndpoint = "https://huggingface.co";

    /// <summary>The largest wait that a hub may ask for. Beyond it the download fails with the hub's wish.</summary>
    public static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(5);

    /// <summary>HF_ENDPOINT. The default value is https://huggingface.co.</summary>
    public string Endpoint { get; init; } = DefaultEndpoint;

    /// <summary>
    /// HF_HUB_CACHE (HUGGINGFACE_HUB_CACHE), else <c>hub</c> in HF_HOME, else in <c>huggingface</c> in XDG_CACHE_HOME or ~/.cache.
    /// </summary>
    public required string Cache { get; init; }

    /// <summary>HF_TOKEN (HUGGING_FACE_HUB_TOKEN). Null where there is none.</summary>
    public string? Token { get; init; }

    /// <summary>
    /// HF_TOKEN_PATH, else <c>token</c> in HF_HOME: a file that is read where no token is given. Null to read none
    /// (HF_HUB_DISABLE_IMPLICIT_TOKEN).
    /// </summary>
    public string? TokenPath { get; init; }

    /// <summary>HF_HUB_OFFLINE (TRANSFORMERS_OFFLINE): use only what is in the cache. The default value is false.</summary>
    public bool Offline { get; init; }

    /// <summary>False with HF_HUB_DISABLE_SYMLINKS: snapshots hold the files, not links to blobs. The default value is true.</summary>
    public bool Symlinks { get; init; } = true;

    /// <summary>HF_HUB_ETAG_TIMEOUT, in seconds: how long to wait for answers about files. The default value is 10 s.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>HF_HUB_DOWNLOAD_TIMEOUT, in seconds: how long a download may go without a byte. The default value is 10 s.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often in a row a request may fail without a byte gained. The default value is 6.</summary>
    public int Attempts { get; init; } = 6;

    /// <summary>The first wait between attempts; each further one is twice as long. The default value is 1 s.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Files downloaded at a time. The default value is 4.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>
    /// Whether models are brought for callers of a server, rather than for this machine's user: then a repository's files must lie in its
    /// part of the cache, links followed, and messages do not say where the cache is. The default value is false.
    /// </summary>
    public bool IsForOthers { get; init; }

    /// <summary>The options that this process's environment asks for.</summary>
    public static HubOptions FromEnvironment() =>
        From(Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <param name="variable">An environment variable's value, or null. Empty means the same.</param>
    /// <param name="home">What ~ stands for.</param>
    public static HubOptions From(Func<string, string?> variable, string home)
    {
        string? First(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
            {
                if (variable(name) is { Length: > 0 } value)
                    return value;
            }

            return null;
        }

        string? Folder(params ReadOnlySpan<string> names) =>
            First(names) is { } path ? Path.GetFullPath(Expand(path, variable, home)) : null;
        TimeSpan? Seconds(string name) =>
            double.TryParse(First(name), CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 86400
                ? TimeSpan.FromSeconds(seconds)
                : null;

        var everything = Folder("HF_HOME") ?? Path.Combine(Folder("XDG_CACHE_HOME") ?? Path.Combine(home, ".cache"), "huggingface");
        var options = new HubOptions
        {
            Endpoint = First("HF_ENDPOINT")?.TrimEnd('/') ?? DefaultEndpoint,
            Cache = Folder("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE") ?? Path.Combine(everything, "hub"),
            Token = First("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")?.Trim() is { Length: > 0 } token ? token : null,
            TokenPath = IsTrue(First("HF_HUB_DISABLE_IMPLICIT_TOKEN")) ? null : Folder("HF_TOKEN_PATH")
                ?? Path.Combine(everything, "token"),
            Offline = IsTrue(First("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")),
            Symlinks = !IsTrue(First("HF_HUB_DISABLE_SYMLINKS")),
        };
        return options with
        {
            Token = options.TokenPath is null ? null : options.Token,
            AnswerTimeout = Seconds("HF_HUB_ETAG_TIMEOUT") ?? options.AnswerTimeout,
            StallTimeout = Seconds("HF_HUB_DOWNLOAD_TIMEOUT") ?? options.StallTimeout,
        };
    }

    /// <summary>Without the token.</summary>
    public override string ToString() =>
        $"{Endpoint}, cache {Cache}{(Offline ? ", offline" : "")}{(Token is null ? "" : ", with a token")}";

    /// <summary>What messages call the cache, or a place in it.</summary>
    internal string NameOf(string placeInCache) => IsForOthers ? "this server's cache of the hub" : placeInCache;

    /// <summary>The endpoint, checked.</summary>
    internal Uri EndpointUri =>
        Uri.TryCreate($"{Endpoint}/", UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps) && uri.Query == "" && uri.UserInfo == ""
            ? uri
            : throw new HubException(
                HubFault.Refused,
                $"HF_ENDPOINT is not the address of a hub: expected one such as {DefaultEndpoint}. Correct it, or unset it.");

    /// <summary>The token to send, or null.</summary>
    internal string? ReadToken()
    {
        var (token, source) = (Token, "HF_TOKEN");
        if (token is null && TokenPath is not null && File.Exists(TokenPath))
            (token, source) = (File.ReadAllText(TokenPath).Trim(), IsForOthers ? "This server's token file" : TokenPath);
        if (string.IsNullOrEmpty(token))
            return null;
        return token.All(character => character is > ' ' and < '\x7f')
            ? token
            : throw new HubException(
                HubFault.Refused, $"{source}: the token has characters that no token has. Copy it again from the hub's settings.");
    }

    static bool IsTrue(string? value) => value?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";

    /// <summary>~, $NAME and ${NAME}, as shells write them. A variable that is not set stays as it is written.</summary>
    static string Expand(string path, Func<string, string?> variable, string home)
    {
        if (path == "~" || path.StartsWith("~/", StringComparison.Ordinal))
            path = home + path[1..];
        return System.Text.RegularExpressions.Regex.Replace(
            path, @"\$(?:(\w+)|\{(\w+)\})", match => variable(match.Groups[1].Value + match.Groups[2].Value) ?? match.Value);
    }
}
