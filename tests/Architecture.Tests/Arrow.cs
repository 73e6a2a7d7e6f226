namespace HeadScope.Architecture.Tests;

/// <summary>A file of one folder uses what another room of its project declares.</summary>
/// <param name="Type">Something that it uses.</param>
internal sealed record Arrow(SourceFile From, SourceFile To, string Type)
{
    public override string ToString() => $"{From.Path} uses {Type} of {To.Path}";

    /// <summary>
    /// The arrows between the rooms of one project. A file sees what it imports, and what the namespaces around its own declare.
    /// </summary>
    public static IEnumerable<Arrow> Between(IReadOnlyList<SourceFile> files) =>
        from user in files
        from used in files
        where used.Room != user.Room && IsVisible(used.Namespace, user)
        let type = used.Declares.FirstOrDefault(user.Names)
        where type is not null && !user.Declares.Contains(type)
        select new Arrow(user, used, type);

    static bool IsVisible(string declared, SourceFile user) =>
        user.Imports.Contains(declared) || user.Namespace.StartsWith(
            declared + ".", StringComparison.Ordinal) || IsNamedInPart(declared, user);

    /// <summary>As in <c>Leasing.BlobClaims</c>.</summary>
    static bool IsNamedInPart(string declared, SourceFile user) =>
        user.Code.Contains($"{declared[(declared.LastIndexOf('.') + 1)..]}.", StringComparison.Ordinal);
}
