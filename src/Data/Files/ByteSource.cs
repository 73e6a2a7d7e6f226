using Microsoft.Win32.SafeHandles;

namespace HeadScope.Data.Files;

/// <summary>Bytes of known number, read by range from any thread.</summary>
internal abstract class ByteSource(string name, long length) : IDisposable
{
    /// <summary>The file, for error messages.</summary>
    public string Name { get; } = name;

    public long Length { get; } = length;

    /// <summary>When the bytes were changed last, as far as the source knows: a file that is overwritten in place shows it here.</summary>
    public virtual DateTime LastWriteTime => DateTime.MinValue;

    /// <summary>All bytes.</summary>
    /// <exception cref="InvalidDataException">They are more than expected of such a file.</exception>
    public byte[] ReadAll(int most)
    {
        if (Length > most)
        {
            throw new InvalidDataException(
                $"{Name}: the file has {Length} bytes, where at most {most} were expected. Name the right file, or copy it again.");
        }

        var bytes = new byte[Length];
        Read(0, bytes);
        return bytes;
    }

    /// <summary>Fills <paramref name="destination"/> with the bytes from <paramref name="offset"/> on.</summary>
    /// <exception cref="InvalidDataException">The range reaches past the end.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Length - destination.Length)
            throw Ends(offset, destination.Length);
        while (!destination.IsEmpty)
        {
            var count = ReadSome(offset, destination);
            if (count <= 0)
                throw Ends(offset, destination.Length);
            destination = destination[count..];
            offset += count;
        }
    }

    public InvalidDataException Fail(string where, string found, string expected, string remedy) =>
        Fault.At(Name, where, found, expected, remedy);

    public abstract void Dispose();

    protected abstract int ReadSome(long offset, Span<byte> destination);

    InvalidDataException Ends(long offset, int count) =>
        Fail($"byte {offset}", $"the end of the file after {Length} bytes", $"{count} bytes more", Fault.Damaged);
}

/// <summary>A file that is open for reading, and shared with other readers.</summary>
internal sealed class FileSource : ByteSource
{
    readonly SafeFileHandle _handle;

    public FileSource(InputPath path)
        : this(path, path.Open(FileOptions.RandomAccess))
    {
    }

    FileSource(InputPath path, SafeFileHandle handle)
        : base(path.Name, RandomAccess.GetLength(handle)) => _handle = handle;

    public override DateTime LastWriteTime => File.GetLastWriteTimeUtc(_handle);

    public override void Dispose() => _handle.Dispose();

    /// <exception cref="IOException">The disk or the network fails.</exception>
    protected override int ReadSome(long offset, Span<byte> destination)
    {
        try
        {
            return RandomAccess.Read(_handle, destination, offset);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{Name}: reading from byte {offset} on failed: the disk or the network does not answer.", e);
        }
    }
}
