using System.Globalization;
using System.IO.Enumeration;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace HeadScope.Jobs.Store;

/// <summary>
/// Blobs as files below a folder, on one machine or on a file system that many share. A blob is written to a temporary file
/// beside it, flushed to disk, and moved into place; conditional creation relies on the file system's hard links.
/// </summary>
public sealed class FileBlobStore : IBlobStore
{
    /// <summary>Followed by the writer's scope, process and start, and a number of its own.</summary>
    const string TemporaryMark = ".tmp-";

    static readonly string Scope = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ProcessIdentity.Current.Scope)))[..16];

    readonly string _root;

    /// <exception cref="StoreException">The folder cannot be created.</exception>
    public FileBlobStore(string root)
    {
        _root = Path.GetFullPath(root);
        Guarded(_root, () => Directory.CreateDirectory(_root));
    }

    public string Location => _root;

    public async Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation = default)
    {
        var path = PathOf(name);
        if (File.Exists(path))
            return false;
        var temporary = await WriteTemporaryAsync(path, (stream, token) => stream.WriteAsync(content, token).AsTask(), cancellation).ConfigureAwait(false);
        try
        {
            return ExclusiveMove.Try(temporary, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(path, e);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public async Task WriteAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation = default)
    {
        var path = PathOf(name);
        var temporary = await WriteTemporaryAsync(path, write, cancellation).ConfigureAwait(false);
        Guarded(path, () => File.Move(temporary, path, overwrite: true));
    }

    public async Task<byte[]?> TryReadAsync(string name, CancellationToken cancellation = default)
    {
        try
        {
            return await File.ReadAllBytesAsync(PathOf(name), cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(PathOf(name), e);
        }
    }

    public Task<bool> ExistsAsync(string name, CancellationToken cancellation = default) => Task.FromResult(File.Exists(PathOf(name)));

    public async Task ReadRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default)
    {
        var path = PathOf(name);
        try
        {
            using var handle = File.OpenHandle(path);
            while (!destination.IsEmpty)
            {
                var read = await RandomAccess.ReadAsync(handle, destination, offset, cancellation).ConfigureAwait(false);
                if (read == 0)
                    throw new StoreException($"{path}: the file ends at {offset}, before what should be read.");
                destination = destination[read..];
                offset += read;
            }
        }
        catch (Exception e) when (e is IOException and not StoreException or UnauthorizedAccessException)
        {
            throw Fault(path, e);
        }
    }

    public Task<Stream> OpenReadAsync(string name, CancellationToken cancellation = default)
    {
        var path = PathOf(name);
        try
        {
            return Task.FromResult<Stream>(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(path, e);
        }
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        var slash = BlobName.CheckPrefix(prefix).LastIndexOf('/');
        var folder = slash < 0 ? _root : PathOf(prefix[..slash]);
        if (!Directory.Exists(folder))
            yield break;
        foreach (var blob in Guarded(folder, () => Enumerate(folder, prefix[(slash + 1)..])))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return blob;
        }
    }

    public async IAsyncEnumerable<string> ListFoldersAsync(string folder, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        var path = folder.Length == 0 ? _root : PathOf(folder.TrimEnd('/'));
        if (!Directory.Exists(path))
            yield break;
        foreach (var below in Guarded(path, () => new DirectoryInfo(path).EnumerateDirectories()))
        {
            cancellation.ThrowIfCancellationRequested();
            if (HoldsBlobs(below))
                yield return below.Name;
        }

        static bool HoldsBlobs(DirectoryInfo folder)
        {
            try
            {
                return folder.EnumerateFiles("*", SearchOption.AllDirectories).Any(file => !file.Name.Contains(TemporaryMark, StringComparison.Ordinal));
            }
            catch (DirectoryNotFoundException)
            {
                return false; // deleted meanwhile
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return true; // whoever reads its blobs is told why it cannot
            }
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellation = default)
    {
        var path = PathOf(name);
        if (Directory.Exists(Path.GetDirectoryName(path)))
            Guarded(path, () => File.Delete(path));
        return Task.CompletedTask;
    }

    /// <summary>Deletes what writers that have died on this machine left half written.</summary>
    public void DeleteAbandoned()
    {
        foreach (var file in Directory.EnumerateFiles(_root, $"*{TemporaryMark}*", SearchOption.AllDirectories))
        {
            var writer = file[(file.LastIndexOf(TemporaryMark, StringComparison.Ordinal) + TemporaryMark.Length)..].Split('-');
            if (writer.Length == 4 && writer[0] == Scope && int.TryParse(writer[1], CultureInfo.InvariantCulture, out var process)
                && (ProcessIdentity.Current with { ProcessId = process, Started = writer[2] }).HasEnded)
            {
                Guarded(file, () => File.Delete(file));
            }
        }
    }

    /// <summary>All blobs below a folder of which the file, or the folder right below that it is in, has a name that starts with something.</summary>
    FileSystemEnumerable<BlobInfo> Enumerate(string folder, string start)
    {
        return new FileSystemEnumerable<BlobInfo>(folder, Info, new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false })
        {
            ShouldRecursePredicate = StartsRight,
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory && StartsRight(ref entry) && !entry.FileName.Contains(TemporaryMark, StringComparison.Ordinal),
        };

        bool StartsRight(ref FileSystemEntry entry) => !entry.Directory.SequenceEqual(entry.RootDirectory) || entry.FileName.StartsWith(start, StringComparison.Ordinal);

        BlobInfo Info(ref FileSystemEntry entry) => new(
            Path.GetRelativePath(_root, entry.ToFullPath()).Replace(Path.DirectorySeparatorChar, '/'), entry.Length, entry.LastWriteTimeUtc.Ticks.ToString(CultureInfo.InvariantCulture));
    }

    string PathOf(string name) => name.Contains(TemporaryMark, StringComparison.Ordinal)
        ? throw new ArgumentException($"'{name}' is not the name of a blob: '{TemporaryMark}' marks what is being written.", nameof(name))
        : Path.Combine([_root, .. BlobName.Check(name).Split('/')]);

    static async Task<string> WriteTemporaryAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
    {
        var me = ProcessIdentity.Current;
        var temporary = string.Create(CultureInfo.InvariantCulture, $"{path}{TemporaryMark}{Scope}-{me.ProcessId}-{me.Started}-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
            await write(stream, cancellation).ConfigureAwait(false);
            await stream.FlushAsync(cancellation).ConfigureAwait(false);
            stream.Flush(flushToDisk: true);
            return temporary;
        }
        catch (Exception e)
        {
            TryDelete(temporary);
            if (e is IOException and not StoreException or UnauthorizedAccessException)
                throw Fault(path, e);
            throw;
        }
    }

    static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The fault that brought us here says more.
        }
    }

    static void Guarded(string path, Action action) => Guarded(path, () =>
    {
        action();
        return true;
    });

    static T Guarded<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(path, e);
        }
    }

    /// <summary>What is in a folder; the folder is opened when it is asked for.</summary>
    static IEnumerable<T> Guarded<T>(string path, Func<IEnumerable<T>> entries)
    {
        using var enumerator = Guarded(path, () => entries().GetEnumerator());
        while (Guarded(path, enumerator.MoveNext))
            yield return enumerator.Current;
    }

    static StoreException Fault(string path, Exception cause) =>
        new($"{path}: {cause.Message.TrimEnd('.')}. Free space or grant access, then run the same command again: everything committed is kept.", cause);
}
