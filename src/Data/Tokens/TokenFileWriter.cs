using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace HeadScope.Data.Tokens;

/// <summary>
/// Writes token rows as they come: a safetensors file with one int32 tensor, <c>tokens</c>, [rows, context], and metadata. The file
/// appears under its name only when it is complete.
/// </summary>
/// <remarks>The header stands before the rows but is known after them: it has a fixed place, filled up with spaces.</remarks>
public sealed class TokenFileWriter : IDisposable
{
    const int HeaderBytes = 4096;

    readonly string _path;
    readonly string _draft;
    readonly FileStream _file;
    long _tokens;

    /// <param name="path">Where the file will be; its folder is made where there is none.</param>
    /// <param name="context">Tokens a row.</param>
    public TokenFileWriter(string path, int context)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 0);
        _path = Path.GetFullPath(path);
        Context = context;
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        _draft = string.Create(CultureInfo.InvariantCulture, $"{_path}.tmp-{Environment.ProcessId}-{Guid.NewGuid():N}");
        _file = new FileStream(
            _draft, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 20)
        { Position = HeaderBytes };
    }

    /// <summary>Tokens a row.</summary>
    public int Context { get; }

    /// <summary>Rows so far.</summary>
    public long Rows => Context == 0 ? 0 : _tokens / Context;

    /// <summary>Adds whole rows, [rows * context].</summary>
    /// <exception cref="ArgumentException">They are not whole rows.</exception>
    public void Append(ReadOnlySpan<int> rows)
    {
        if (Context == 0 ? rows.Length != 0 : rows.Length % Context != 0)
            throw new ArgumentException($"{rows.Length} tokens are not whole rows of {Context}.", nameof(rows));
        _file.Write(MemoryMarshal.AsBytes(rows));
        _tokens += rows.Length;
    }

    /// <summary>Writes the header and gives the file its name, in place of any that had it.</summary>
    /// <param name="metadata">What the file says of its making, under the format's key <c>__metadata__</c>.</param>
    /// <exception cref="ArgumentException">The metadata take more than the header's place.</exception>
    public void Complete(IReadOnlyDictionary<string, string> metadata)
    {
        var header = new Dictionary<string, object>
        {
            [TokenDataset.DefaultTensor] = new { dtype = "I32", shape = new[] { Rows, Context }, data_offsets = new[] { 0L, _tokens * sizeof(int) } },
        };
        if (metadata.Count > 0)
            header.Add("__metadata__", metadata);
        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        if (json.Length > HeaderBytes - sizeof(ulong))
            throw new ArgumentException(
                $"The header takes {json.Length} bytes; there is room for {HeaderBytes - sizeof(ulong)}.", nameof(metadata));
        _file.Position = 0;
        _file.Write(BitConverter.GetBytes((ulong)(HeaderBytes - sizeof(ulong))));
        _file.Write(json);
        var filling = new byte[HeaderBytes - sizeof(ulong) - json.Length];
        filling.AsSpan().Fill((byte)' ');
        _file.Write(filling);
        _file.Flush(flushToDisk: true);
        _file.Dispose();
        File.Move(_draft, _path, overwrite: true);
    }

    /// <summary>Leaves nothing of a file that was not completed.</summary>
    public void Dispose()
    {
        _file.Dispose();
        File.Delete(_draft);
    }
}
