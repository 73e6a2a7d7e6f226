using System.Net;

namespace HeadScope.Silo.Security;

/// <summary>
/// A server without keys is for its own machine alone: whoever asks from elsewhere, or for another site in a browser of this machine, is
/// refused.
/// </summary>
internal static class Loopback
{
    public static bool Has(IPAddress address) => IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    public static Task OnlyAsync(HttpContext context, RequestDelegate next) =>
        context.Connection.RemoteIpAddress is { } address && Has(address)
        && context.Request.Host.Host is "localhost" or "127.0.0.1" or "[::1]"
            && !IsForeign(context.Request.Headers.Origin.ToString(), context.Request)
            ? next(context)
            : Results.Problem("This server has no API keys and answers its own machine alone.", statusCode: StatusCodes.Status403Forbidden)
                .ExecuteAsync(context);

    static bool IsForeign(string origin, HttpRequest request) => origin.Length > 0 && origin != $"{request.Scheme}://{request.Host}";
}
