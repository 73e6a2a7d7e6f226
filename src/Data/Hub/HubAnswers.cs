using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace HeadScope.Data.Hub;

/// <summary>Turns what a hub answers, and what a network does, into one message each.</summary>
internal sealed partial class HubAnswers(HubOptions options, Uri endpoint, string? token, TimeProvider time)
{
    string Hub => Show(endpoint).TrimEnd('/');

    /// <summary>An address without what may be secret in it: signed addresses hold their signature in the query.</summary>
    public static string Show(Uri address) =>
        address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    /// <summary>A status other than success.</summary>
    /// <param name="file">The file that was asked for; null where it was the whole repository.</param>
    public HubException Refused(HttpResponseMessage answer, HubRepository repository, string revision, string? file)
    {
        var page = $"{Hub}/{repository.Path}";
        var code = Header(answer, "X-Error-Code");
        var status = (int)answer.StatusCode;
        if (answer.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || status >= 500)
            return Busy(answer, repository);
        var message = code switch
        {
            "GatedRepo" => $"{Hub}: {repository} is gated: its files are for those who accept its conditions. Accept them at {page}, and " +
                $"set HF_TOKEN to {(token is null ? "a token" : "the token")} of that " +
                $"account{(token is null ? "" : ": the one that was sent has no access yet")}.",
            "RevisionNotFound" => $"{Hub}: {repository} has no revision '{RepositoryPath.Printable(revision)}'. Name a branch, a tag or " +
                $"a whole commit (40 hex digits).",
            "EntryNotFound" => $"{Hub}: {repository} has no file '{RepositoryPath.Printable(file ?? "")}' at {revision}.",
            _ => null,
        };
        message ??= answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized when token is not null && code != "RepoNotFound" => $"{Hub}: the token was not accepted for " +
                $"{repository}. Set HF_TOKEN to a valid one, or unset " +
                $"it{(options.Token is null ? $" and delete {(options.IsForOthers ? "the token file" : options.TokenPath)}" : "")}: what " +
                $"is public needs none.",
            HttpStatusCode.Forbidden => $"{Hub}: the token may not read {repository}. Set HF_TOKEN to one that has access; if the " +
                $"repository is gated, accept its conditions at {page}.",
            HttpStatusCode.Unauthorized or HttpStatusCode.NotFound when file is null || code == "RepoNotFound" =>
                $"{Hub}: there is no {repository}, or it is private. Check the spelling; for a private one set HF_TOKEN to a token " +
                $"{(token is null ? "" : "other than the one that was sent, ")}that may read it.",
            HttpStatusCode.NotFound => $"{Hub}: {repository} has no file '{RepositoryPath.Printable(file!)}' at {revision}.",
            HttpStatusCode.Unauthorized =>
                $"{Hub}: reading {repository} needs a token. Accept its conditions at {page} if it has any, and set HF_TOKEN.",
            _ => $"{Hub}: answered {status} {RepositoryPath.Printable(answer.ReasonPhrase ?? "")} for {repository}, which is no answer " +
                $"of a hub. Check HF_ENDPOINT and any proxy.",
        };
        return new HubException(HubFault.Refused, $"{message}{Said(answer)}");
    }

    /// <summary>The hub is up, but not now.</summary>
    HubException Busy(HttpResponseMessage answer, HubRepository repository)
    {
        var wait = RetryAfter(answer);
        var status = (int)answer.StatusCode;
        var why = answer.StatusCode == HttpStatusCode.TooManyRequests
            ? $"too many requests{(token is null ? " (with HF_TOKEN set, more are allowed)" : "")}"
            : $"it failed with {status}";
        var asks = wait is { } asked ? string.Create(CultureInfo.InvariantCulture, $", and asks to wait {asked.TotalSeconds:F0} s") : "";
        return new HubException(HubFault.Unreachable, $"{Hub}: {why}{asks}, when asked for {repository}.{Said(answer)}")
        {
            IsTransient = true,
            RetryAfter = wait,
        };
    }

    /// <summary>A host that the hub named refuses. Addresses there are good for some time only: the hub gives a new one.</summary>
    public HubException Elsewhere(HttpResponseMessage answer, Uri address, HubRepository repository) => new(
        HubFault.Unreachable, $"{Show(address)}: answered {(int)answer.StatusCode}, where {Hub} says that a file of {repository} lies.")
    { IsTransient = true, RetryAfter = RetryAfter(answer) };

    /// <summary>No answer at all, or one that broke off.</summary>
    public HubException Unreachable(Exception cause, Uri address, HubRepository repository)
    {
        if (cause is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError })
        {
            return new HubException(HubFault.Unreachable, $"{Show(address)}: no secure connection could be made: {Innermost(cause)}. " +
                $"Check the machine's clock and certificates, and any proxy.", cause);
        }

        var lost = cause is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError
            or HttpRequestError.NameResolutionError or HttpRequestError.ProxyTunnelError
        };
        return new HubException(
            HubFault.Unreachable,
            lost
                ? $"{Show(address)}: cannot be reached for {repository} ({Innermost(cause)}). Check the network, HF_ENDPOINT and any proxy."
                : $"{Show(address)}: the connection broke while it sent {repository} ({Innermost(cause)}).",
            cause)
        { IsTransient = true };
    }

    public HubException Silent(StallWatch watch, Uri address, HubRepository repository) => new(
        HubFault.Unreachable, string.Create(
            CultureInfo.InvariantCulture, $"{Show(address)}: {(watch.Bytes == 0 ? "no byte" : $"{watch.Bytes} bytes")} of {repository} " +
                $"in {watch.Limit.TotalSeconds:0.#} s. Check the network and any proxy."))
    { IsTransient = true };

    public static string? Header(HttpResponseMessage answer, string name) =>
        (answer.Headers.TryGetValues(name, out var values) || answer.Content.Headers.TryGetValues(name, out values))
            && values.FirstOrDefault() is { Length: > 0 } value ? value : null;

    /// <summary>In seconds or as a date; the hub's own header for limits says t=seconds.</summary>
    TimeSpan? RetryAfter(HttpResponseMessage answer)
    {
        var wait = answer.Headers.RetryAfter?.Delta ?? answer.Headers.RetryAfter?.Date - time.GetUtcNow();
        if (wait is null && answer.StatusCode == HttpStatusCode.TooManyRequests && Header(answer, "RateLimit") is { } limit
            && ResetIn().Match(limit) is { Success: true } reset)
            wait = TimeSpan.FromSeconds(int.Parse(reset.Groups[1].Value, CultureInfo.InvariantCulture));
        return wait > TimeSpan.Zero ? wait : null;
    }

    /// <summary>What the hub says itself, should it repeat the token, without it.</summary>
    string Said(HttpResponseMessage answer)
    {
        if (Header(answer, "X-Error-Message") is not { } said)
            return "";
        var safe = token is null ? said : said.Replace(token, "[token]", StringComparison.Ordinal);
        return $" (It says: {RepositoryPath.Printable(safe)})";
    }

    static string Innermost(Exception cause)
    {
        while (cause.InnerException is { } inner && cause is not SocketException)
            cause = inner;
        return cause.Message.TrimEnd('.');
    }

    [GeneratedRegex(@";\s*t=(\d{1,6})\b")]
    private static partial Regex ResetIn();
}
