namespace HeadScope.Silo.Security;

/// <summary>
/// What a browser may do with what a route answers. Marks the routes whose answers are more than data; for all others it is nothing.
/// </summary>
/// <param name="Rules">For the header Content-Security-Policy.</param>
internal sealed record ContentPolicy(string Rules)
{
    const string Alone = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static ContentPolicy Nothing { get; } = new($"default-src 'none'; {Alone}");

    /// <summary>A page of this server's own, with script and style in files.</summary>
    public static ContentPolicy OwnFiles { get; } = new(
        $"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; {Alone}");

    /// <summary>Orleans's dashboard: its scripts are files, and put styles into the pictures that they draw.</summary>
    public static ContentPolicy OrleansDashboard { get; } = new(
        $"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; " +
        $"connect-src 'self'; {Alone}");

    /// <summary>
    /// What jobs made, of texts and names that others chose: a report draws itself, in a place of its own from which it reaches nothing.
    /// </summary>
    public static ContentPolicy Sandbox { get; } = new(
        $"sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; {Alone}");
}
