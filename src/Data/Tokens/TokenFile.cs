namespace HeadScope.Data.Tokens;

/// <summary>
/// Writes token rows as <see cref="TokenDataset"/> reads them: a safetensors file with one int32 tensor, <c>tokens</c>, [rows, context].
/// </summary>
public static class TokenFile
{
    /// <param name="rows">At least one row; all of one length.</param>
    public static void Write(string path, IReadOnlyList<int[]> rows)
    {
        var context = rows[0].Length;
        if (rows.Any(row => row.Length != context))
            throw new ArgumentException($"Rows of different lengths make no tensor; the first has {context} tokens.", nameof(rows));
        using var writer = new TokenFileWriter(path, context);
        foreach (var row in rows)
            writer.Append(row);
        writer.Complete(new Dictionary<string, string>());
    }
}
