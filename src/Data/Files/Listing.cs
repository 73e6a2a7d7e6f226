namespace HeadScope.Data.Files;

/// <summary>Names in messages: a few, and how many more.</summary>
internal static class Listing
{
    public static string Of(IEnumerable<string> names, int most = 8)
    {
        var all = names.Select(name => Fault.Shorten(name)).ToList();
        return all.Count switch
        {
            0 => "nothing",
            _ when all.Count <= most => string.Join(", ", all),
            _ => $"{string.Join(", ", all.Take(most))} and {all.Count - most} more",
        };
    }
}
