using HeadScope.Silo.Security;
using Orleans.Dashboard;

namespace HeadScope.Silo.Dashboard;

/// <summary>Orleans's own dashboard: silos, grains, and the calls between them. For admins.</summary>
internal static class OrleansDashboard
{
    public const string Path = "/orleans";

    /// <summary>It asks several times a second, as an admin does who looks at it.</summary>
    public static void MapOrleans(this IEndpointRouteBuilder routes) => routes.MapOrleansDashboard(Path)
        .RequireAuthorization(nameof(Role.Admin)).WithMetadata(new BrowserMayAskForKey(), ContentPolicy.OrleansDashboard)
        .DisableRateLimiting().ExcludeFromDescription();

    /// <summary>The log is not shown: it is the operator's.</summary>
    public static void Configure(DashboardOptions options) => options.HideTrace = true;
}
