using System.Security.Cryptography;
using HeadScope.Client.Sources;
using HeadScope.Data.Files;
using HeadScope.Jobs;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;

namespace HeadScope.Client.Local;

/// <summary>A folder with the results of one job at its top.</summary>
internal sealed class ResultFolder(string path)
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Refuses to mix two jobs' results.</summary>
    /// <exception cref="InvalidJobException">The folder holds another job's.</exception>
    public async Task CheckOwnershipAsync(string job, CancellationToken cancellation)
    {
        var file = Path.Combine(path, ResultNames.Manifest);
        if (!File.Exists(file))
            return;
        var other = JobJson.Read<Manifest>(await File.ReadAllBytesAsync(file, cancellation).ConfigureAwait(false), file);
        if (other.Job != job)
        {
            throw new InvalidJobException([
                $"{path} holds the results of another job: {TerminalText.Line(other.Model.Name)}, {other.Tokens.Rows} rows of " +
                $"{other.Tokens.Context}, or other options. Choose another --out, or replace them with --force."]);
        }
    }

    /// <summary>Whether all results are there, by the hashes of the manifest.</summary>
    /// <param name="say">Told of results that are there and differ.</param>
    public async Task<bool> HoldsAsync(Manifest manifest, Action<string> say, CancellationToken cancellation)
    {
        var file = Path.Combine(path, ResultNames.Manifest);
        if (!File.Exists(file) || !(await File.ReadAllBytesAsync(file, cancellation).ConfigureAwait(false)).AsSpan().SequenceEqual(JobJson.Write(manifest)))
            return false;
        var holds = true;
        foreach (var (name, expected) in manifest.Files)
        {
            if (await IsAsync(Path.Combine(path, name), expected, cancellation).ConfigureAwait(false))
                continue;
            holds = false;
            if (File.Exists(Path.Combine(path, name)))
                say($"{Path.Combine(path, name)} is not the result that the manifest describes; it is fetched again from the job.");
        }

        return holds;
    }

    /// <summary>Copies the results here, the manifest last. What is here already, even half a file, is not fetched again.</summary>
    /// <param name="open">Opens a result by its file name, from a byte on.</param>
    /// <exception cref="InvalidDataException">A result is not what the manifest says.</exception>
    public async Task FillAsync(Manifest manifest, Func<string, long, CancellationToken, Task<Stream>> open, CancellationToken cancellation)
    {
        Directory.CreateDirectory(path);
        foreach (var (file, expected) in manifest.Files)
        {
            // A manifest may come from elsewhere, and must not name what lies outside the folder.
            if (file != Path.GetFileName(BlobName.Check(file)) || file[0] == '.')
                throw new InvalidDataException($"The manifest of job {manifest.Job} names a result '{file}', which is no plain file name.");
            try
            {
                await FetchAsync(manifest.Job, file, expected, open, cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (e is UnauthorizedAccessException or (IOException and not (StoreException or ServerException)))
            {
                throw new StoreException(
                    $"{Path.Combine(path, file)}: {e.Message.TrimEnd('.')}. Free space or grant access, then run the same command again: " +
                    $"everything committed is kept.", e);
            }
        }

        var folder = new FileBlobStore(path);
        foreach (var file in new[] { ResultNames.Timings, ResultNames.Manifest })
        {
            await folder.WriteAsync(file, async (target, token) =>
            {
                await using var source = await open(file, 0, token).ConfigureAwait(false);
                await source.CopyToAsync(target, token).ConfigureAwait(false);
            }, cancellation).ConfigureAwait(false);
        }
    }

    async Task FetchAsync(
        string job, string file, ResultFile expected, Func<string, long, CancellationToken, Task<Stream>> open,
        CancellationToken cancellation)
    {
        var target = Path.Combine(path, file);
        if (await IsAsync(target, expected, cancellation).ConfigureAwait(false))
            return;

        // Named by its content, so that half a file is never taken for half of another.
        var part = Path.Combine(path, $".{file}.{expected.Sha256[..16]}.part");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var alone = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        FileStream? held;
        while ((held = LockFile.TryOpen(part, alone)) is null)
        {
            // Another process of the same job is at it, and may have it done.
            await Task.Delay(Pause, cancellation).ConfigureAwait(false);
            if (await IsAsync(target, expected, cancellation).ConfigureAwait(false))
                return;
        }

        await using (var stream = held)
        {
            if (stream.Length > expected.Bytes)
                stream.SetLength(0);
            await AppendAsync(hash, stream, Stream.Null, cancellation).ConfigureAwait(false);
            if (stream.Length < expected.Bytes)
            {
                await using var source = await open(file, stream.Length, cancellation).ConfigureAwait(false);
                await AppendAsync(hash, source, stream, cancellation).ConfigureAwait(false);
            }

            stream.Flush(flushToDisk: true);
        }

        var found = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (found != expected.Sha256)
        {
            File.Delete(part);
            throw new InvalidDataException(
                $"{file}: this is not the result that the manifest of job {job} describes: its SHA-256 is {found}, not " +
                $"{expected.Sha256}. Try again; if it stays so, run the job again with --force.");
        }

        File.Move(part, target, overwrite: true);
    }

    static async Task<bool> IsAsync(string file, ResultFile expected, CancellationToken cancellation)
    {
        if (new FileInfo(file) is not { Exists: true } there || there.Length != expected.Bytes)
            return false;
        await using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation).ConfigureAwait(false)) == expected.Sha256;
    }

    static async Task AppendAsync(IncrementalHash hash, Stream source, Stream target, CancellationToken cancellation)
    {
        var buffer = new byte[1 << 20];
        while (await source.ReadAsync(buffer, cancellation).ConfigureAwait(false) is > 0 and var count)
        {
            hash.AppendData(buffer, 0, count);
            await target.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
        }
    }
}
