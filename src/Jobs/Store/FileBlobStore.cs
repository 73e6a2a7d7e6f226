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

    /// <summary>How often to delete a folder that others still write into.</summary>
    const int DeletionAttempts = 10;

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
        ThrowIfFolder(name, path);
        var temporary = await WriteTemporaryAsync(path, (stream, token) => stream.WriteAsync(content, token).AsTask(), cancellation)
            .ConfigureAwait(false);
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
            TryDelete(temporary);
        }
    }

    public async Task WriteAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation = default)
    {
        var path = PathOf(name);
        ThrowIfFolder(name, path);
        var temporary = await WriteTemporaryAsync(path, write, cancellation).ConfigureAwait(false);
        Guarded(path, () => File.Move(temporary, path, overwrite: true));
    }

    public async Task<byte[]?> TryReadAsync(string name, long most, CancellationToken cancellation)
    {
        var path = PathOf(name);
        try
        {
            using var handle = File.OpenHandle(path, options: FileOptions.Asynchronous);
            var length = RandomAccess.GetLength(handle);
            if (length > most)
                throw UnreadableBlobException.TooLarge(name, length, most);
            var content = new byte[length];
            var read = 0;
            for (int count; read < length && (count = await RandomAccess.ReadAsync(
                handle, content.AsMemory(read), read, cancellation).ConfigureAwait(false)) > 0;)
                read += count;
            return read == length ? content : content[..read];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            // One file of many: of a person who shares the store with others, say.
            ThrowIfFolder(name, path);
            throw new UnreadableBlobException(name, "this process may not read it", "Grant access to it.", e);
        }
        catch (IOException e) when (e is not UnreadableBlobException)
        {
            throw Fault(path, e);
        }
    }

    public Task<bool> ExistsAsync(string name, CancellationToken cancellation = default) => Task.FromResult(Path.Exists(PathOf(name)));

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
            return Task.FromResult<Stream>(
                new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16));
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
        using var found = Enumerate(folder, prefix[(slash + 1)..]).GetEnumerator();
        while (Guarded(folder, MoveNext))
        {
            cancellation.ThrowIfCancellationRequested();
            if (BlobName.Is(found.Current.Name))
                yield return found.Current;
        }

        bool MoveNext()
        {
            try
            {
                return found.MoveNext();
            }
            catch (DirectoryNotFoundException)
            {
                return false; // deleted meanwhile
            }
            catch (UnauthorizedAccessException e)
            {
                throw new UnreadableBlobException(prefix, "this process may not list it", "Grant access to it.", e);
            }
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
                return folder.EnumerateFiles("*", SearchOption.AllDirectories)
                    .Any(file => !file.Name.Contains(TemporaryMark, StringComparison.Ordinal));
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
        if (Directory.Exists(Path.GetDirectoryName(path)) && !Directory.Exists(path)) // a folder is no blob
            Guarded(path, () => File.Delete(path));
        return Task.CompletedTask;
    }

    public Task DeleteFolderAsync(string folder, CancellationToken cancellation = default)
    {
        var path = PathOf(folder.TrimEnd('/'));
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                cancellation.ThrowIfCancellationRequested();
                Directory.Delete(path, recursive: true); // links themselves, not what they lead to
                return Task.CompletedTask;
            }
            catch (DirectoryNotFoundException)
            {
                return Task.CompletedTask;
            }
            catch (IOException) when (attempt < DeletionAttempts)
            {
                // Somebody wrote into it meanwhile.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Fault(path, e);
            }
        }
    }

    public Task TrimFolderAsync(string folder, CancellationToken cancellation = default)
    {
        var path = PathOf(folder.TrimEnd('/'));
        if (Directory.Exists(path))
            Trim(path);
        return Task.CompletedTask;

        static void Trim(string path)
        {
            try
            {
                foreach (var below in Directory.EnumerateDirectories(path))
                    Trim(below);
                Directory.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It holds something, or is gone.
            }
        }
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

    /// <summary>
    /// All blobs below a folder of which the file, or the folder right below that it is in, has a name that starts with something.
    /// </summary>
    FileSystemEnumerable<BlobInfo> Enumerate(string folder, string start)
    {
        return new FileSystemEnumerable<BlobInfo>(
            folder, Info,
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false })
        {
            ShouldRecursePredicate = StartsRight,
            ShouldIncludePredicate = (ref entry) =>
                !entry.IsDirectory && StartsRight(ref entry) && !entry.FileName.Contains(TemporaryMark, StringComparison.Ordinal),
        };

        bool StartsRight(ref FileSystemEntry entry) =>
            !entry.Directory.SequenceEqual(entry.RootDirectory) || entry.FileName.StartsWith(start, StringComparison.Ordinal);

        BlobInfo Info(ref FileSystemEntry entry) => new(
            Path.GetRelativePath(_root, entry.ToFullPath()).Replace(Path.DirectorySeparatorChar, '/'), entry.Length,
            entry.LastWriteTimeUtc.Ticks.ToString(CultureInfo.InvariantCulture));
    }

    string PathOf(string name) => name.Contains(TemporaryMark, StringComparison.Ordinal)
        ? throw new ArgumentException($"'{name}' is not the name of a blob: '{TemporaryMark}' marks what is being written.", nameof(name))
        : Path.Combine([_root, .. BlobName.Check(name).Split('/')]);

    async Task<string> WriteTemporaryAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
    {
        var me = ProcessIdentity.Current;
        var temporary = string.Create(
            CultureInfo.InvariantCulture, $"{path}{TemporaryMark}{Scope}-{me.ProcessId}-{me.Started}-{Guid.NewGuid():N}");
        try
        {
            if (!Directory.Exists(_root)) // deleted, or no longer mounted: a new one in its place would be another store
                throw new StoreException(
                    $"{_root}: the folder of the store is gone. Mount or restore it, or create it empty to begin anew.");
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

    static void ThrowIfFolder(string name, string path)
    {
        if (Directory.Exists(path))
            throw new UnreadableBlobException(name, "a folder stands where this file should be");
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
        catch (Exception e) when (e is IOException and not UnreadableBlobException or UnauthorizedAccessException)
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
