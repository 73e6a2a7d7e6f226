using System.Reflection;

namespace HeadScope.Silo.Dashboard;

/// <summary>One page that shows the jobs and their heads, made of nothing but what this server sends.</summary>
internal static class DashboardPage
{
    static readonly Lazy<string> Page = new(() =>
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("dashboard.html")!);
        return reader.ReadToEnd();
    });

    public static IResult Show(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        return Results.Content(Page.Value, "text/html; charset=utf-8");
    }
}
