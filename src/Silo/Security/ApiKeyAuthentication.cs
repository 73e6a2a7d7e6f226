using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace HeadScope.Silo.Security;

/// <summary>
/// Knows callers by <c>Authorization: Bearer KEY</c> or <c>X-Api-Key: KEY</c>; where the server has no keys, everyone is its admin.
/// </summary>
internal sealed class ApiKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ServerKeys keys, AuditLog audit)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "ApiKey";
    public const string Header = "X-Api-Key";

    const string Bearer = "Bearer ";
    const string Basic = "Basic ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (keys.File is not { } file)
            return Task.FromResult(Known(null));
        if (Secret() is not { } secret)
            return Task.FromResult(AuthenticateResult.NoResult());
        return Task.FromResult(file.Find(secret) is { } key ? Known(key) : AuthenticateResult.Fail("The API key is not known."));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = BrowserMayAsk
            ? "Basic realm=\"HeadScope: any name, and an API key as password\", charset=\"UTF-8\""
            : Bearer.TrimEnd();
        if (Secret() is null)
            return Problem(StatusCodes.Status401Unauthorized, "This server asks for an API key: send it as 'Authorization: Bearer KEY'.");
        audit.UnknownKey(Context);
        return Problem(StatusCodes.Status401Unauthorized, "The API key is not known here. Ask the server's administrator for one.");
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var caller = Context.Features.GetRequiredFeature<Caller>();
        audit.Forbidden(caller, Request);
        return Problem(StatusCodes.Status403Forbidden, $"The key '{caller.Name}' may not do this: its role is {caller.Role}.");
    }

    Task Problem(int status, string detail) => Results.Problem(detail, statusCode: status).ExecuteAsync(Context);

    string? Secret()
    {
        var authorization = Request.Headers[HeaderNames.Authorization].ToString();
        if (authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return authorization[Bearer.Length..].Trim();
        if (BrowserMayAsk && authorization.StartsWith(Basic, StringComparison.OrdinalIgnoreCase))
            return Password(authorization[Basic.Length..].Trim());
        var header = Request.Headers[Header].ToString();
        return header.Length == 0 ? null : header;
    }

    bool BrowserMayAsk => Context.GetEndpoint()?.Metadata.GetMetadata<BrowserMayAskForKey>() is not null;

    static string? Password(string credentials)
    {
        var bytes = new byte[credentials.Length];
        if (!Convert.TryFromBase64String(credentials, bytes, out var length))
            return null;
        var text = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : text[(colon + 1)..];
    }

    /// <param name="key">Null where the server has none.</param>
    AuthenticateResult Known(ApiKey? key)
    {
        var caller = Caller.Of(key, Context);
        Context.Features.Set(caller);
        audit.Came(caller);
        var claims = Enum.GetValues<Role>().Where(lower => lower <= caller.Role).Reverse()
            .Select(lower => new Claim(ClaimTypes.Role, lower.ToString()));
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, caller.Name), .. claims], Scheme.Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }
}
