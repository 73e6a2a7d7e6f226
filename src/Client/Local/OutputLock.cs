using HeadScope.Data.Files;
using HeadScope.Jobs.Specs;

namespace HeadScope.Client.Local;

/// <summary>
/// Keeps an output folder for one job while processes write into it: those of the same job share it, another job is refused. The system
/// gives the folder back when they end, however they end.
/// </summary>
internal sealed class OutputLock : IDisposable
{
    const string FileName = ".headscope.lock";

    /// <summary>How long another process may take to write its job's id.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    readonly FileStream _held;

    OutputLock(FileStream held) => _held = held;

    /// <exception cref="InvalidJobException">Another job is being written there.</exception>
    public static async Task<OutputLock> AcquireAsync(string folder, string job, TimeProvider time, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, FileName);
        for (var started = time.GetTimestamp(); ; await Task.Delay(Pause, time, cancellation).ConfigureAwait(false))
        {
            // Held by everyone who works there; to be changed, it must be held by nobody else.
            if (TryOpen(file, FileAccess.Read, FileShare.Read) is { } shared)
            {
                using var reader = new StreamReader(shared, leaveOpen: true);
                var there = (await reader.ReadToEndAsync(cancellation).ConfigureAwait(false)).Trim();
                if (there == job)
                    return new OutputLock(shared);
                await shared.DisposeAsync().ConfigureAwait(false);
                if (TryOpen(file, FileAccess.ReadWrite, FileShare.None) is { } alone)
                {
                    await using (alone.ConfigureAwait(false))
                    {
                        alone.SetLength(0);
                        await alone.WriteAsync(System.Text.Encoding.ASCII.GetBytes(job), cancellation).ConfigureAwait(false);
                    }

                    continue;
                }

                if (there.Length > 0 && time.GetElapsedTime(started) > Pause)
                {
                    throw new InvalidJobException(
                        [$"{folder}: the job {there} is being written there. Wait until it ends, or choose another --out."]);
                }
            }

            if (time.GetElapsedTime(started) > Patience)
            {
                throw new IOException(
                    $"{file}: another process has held it for {Patience.TotalSeconds:N0} s. Choose another --out, or end that process.");
            }
        }
    }

    public void Dispose() => _held.Dispose();

    static FileStream? TryOpen(string file, FileAccess access, FileShare share) =>
        LockFile.TryOpen(file, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = access, Share = share });
}
