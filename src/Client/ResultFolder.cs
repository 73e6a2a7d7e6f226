using System.Security.Cryptography;
using HeadScope.Jobs;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;

namespace HeadScope.Client;

/// <summary>A folder with the results of one job at its top.</summary>
internal sealed class ResultFolder(string path)
{
    const string ManifestFile = "manifest.json";

    /// <summary>Refuses to mix two jobs' results.</summary>
    /// <exception cref="InvalidJobException">The folder holds another job's.</exception>
    public async Task CheckOwnershipAsync(string job, CancellationToken cancellation)
    {
        var file = Path.Combine(path, ManifestFile);
        if (!File.Exists(file))
            return;
        var other = JobJson.Read<Manifest>(await File.ReadAllBytesAsync(file, cancellation).ConfigureAwait(false), file);
        if (other.Job != job)
        {
            throw new InvalidJobException([
                $"{path} holds the results of another job: {other.Model.Name}, {other.Tokens.Rows} rows of {other.Tokens.Context}, or other options. Choose another --out, or replace them with --force."]);
        }
    }

    /// <summary>Whether all results are there.</summary>
    public async Task<bool> HoldsAsync(Manifest manifest, CancellationToken cancellation)
    {
        var file = Path.Combine(path, ManifestFile);
        return File.Exists(file)
            && (await File.ReadAllBytesAsync(file, cancellation).ConfigureAwait(false)).AsSpan().SequenceEqual(JobJson.Write(manifest))
            && manifest.Files.All(result => new FileInfo(Path.Combine(path, result.Key)) is { Exists: true } info && info.Length == result.Value.Bytes);
    }

    /// <summary>Copies the results here, the manifest last.</summary>
    /// <param name="open">Opens a result by its file name.</param>
    /// <exception cref="InvalidDataException">A result is not what the manifest says.</exception>
    public async Task FillAsync(Manifest manifest, Func<string, CancellationToken, Task<Stream>> open, CancellationToken cancellation)
    {
        var target = new FileBlobStore(path);
        foreach (var file in manifest.Files.Keys.Append("timings.json").Append(ManifestFile))
        {
            await target.WriteAsync(file, async (stream, token) =>
            {
                await using var source = await open(file, token).ConfigureAwait(false);
                var hash = await CopyAsync(source, stream, token).ConfigureAwait(false);
                if (manifest.Files.TryGetValue(file, out var expected) && expected.Sha256 != hash)
                    throw new InvalidDataException($"{file}: this is not the result that the manifest of job {manifest.Job} describes: its SHA-256 is {hash}, not {expected.Sha256}. Try again; if it stays so, run the job again with --force.");
            }, cancellation).ConfigureAwait(false);
        }
    }

    static async Task<string> CopyAsync(Stream source, Stream target, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        while (await source.ReadAsync(buffer, cancellation).ConfigureAwait(false) is > 0 and var count)
        {
            hash.AppendData(buffer, 0, count);
            await target.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
