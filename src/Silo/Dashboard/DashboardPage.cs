using System.Reflection;
using HeadScope.Silo.Security;

namespace HeadScope.Silo.Dashboard;

/// <summary>One page that shows the jobs and their heads, made of nothing but what this server sends.</summary>
internal static class DashboardPage
{
    static readonly (string Path, string File, string Type)[] Files =
    [
        ("/", "dashboard.html", "text/html"), ("/dashboard.css", "dashboard.css", "text/css"),
        ("/dashboard.js", "dashboard.js", "text/javascript"),
    ];

    public static void MapDashboard(this IEndpointRouteBuilder routes)
    {
        foreach (var (path, file, type) in Files)
        {
            using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(file)!);
            var text = reader.ReadToEnd();
            routes.MapGet(path, () => Results.Content(text, $"{type}; charset=utf-8")).AllowAnonymous().ExcludeFromDescription()
                .WithMetadata(ContentPolicy.OwnFiles);
        }
    }
}
