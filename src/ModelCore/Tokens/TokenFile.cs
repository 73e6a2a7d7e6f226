using System.Runtime.InteropServices;
using System.Text.Json;

namespace HeadScope.ModelCore.Tokens;

/// <summary>Writes token rows as <see cref="TokenDataset"/> reads them: a safetensors file with one int32 tensor, <c>tokens</c>, [rows, context].</summary>
public static class TokenFile
{
    /// <param name="rows">At least one row; all of one length.</param>
    public static void Write(string path, IReadOnlyList<int[]> rows)
    {
        var context = rows[0].Length;
        if (rows.Any(row => row.Length != context))
            throw new ArgumentException($"Rows of different lengths make no tensor; the first has {context} tokens.", nameof(rows));
        var header = new Dictionary<string, object>
        {
            [TokenDataset.DefaultTensor] = new { dtype = "I32", shape = new[] { rows.Count, context }, data_offsets = new[] { 0L, (long)rows.Count * context * sizeof(int) } },
        };
        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        using var file = File.Create(path);
        file.Write(BitConverter.GetBytes((ulong)json.Length));
        file.Write(json);
        foreach (var row in rows)
            file.Write(MemoryMarshal.AsBytes(row.AsSpan()));
    }
}
