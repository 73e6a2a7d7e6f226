using Microsoft.AspNetCore.Http.Features;

namespace HeadScope.Silo.Security;

/// <summary>Who asks.</summary>
/// <param name="Name">The key's, or "local" where the server has none.</param>
/// <param name="Address">Where the request came from.</param>
/// <param name="Key">Null where the server has none.</param>
internal sealed record Caller(string Name, Role Role, string Address, ApiKey? Key)
{
    const string Local = "local";

    public static Caller Of(ApiKey? key, HttpContext context) => new(key?.Name ?? Local, key?.Role ?? Role.Admin, AddressOf(context), key);

    public static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "a socket";

    /// <summary>For routes: whom the authentication found, which all of them ask for.</summary>
    public static ValueTask<Caller> BindAsync(HttpContext context) => ValueTask.FromResult(context.Features.GetRequiredFeature<Caller>());

    /// <param name="what">What is asked for, to begin a sentence with.</param>
    /// <exception cref="RoleException">It needs the role admin, which the caller has not.</exception>
    public void RequireAdmin(string what)
    {
        if (Role < Role.Admin)
            throw new RoleException($"{what} needs the role admin.");
    }
}
