using HeadScope.Data.Files;

namespace HeadScope.Data.Hub;

/// <summary>
/// Lets one process, or thread, at a time bring a blob. <see cref="LockFile"/> locks as Python's filelock does, so
/// that we and Python exclude each other.
/// </summary>
/// <remarks>
/// It saves double work and no more. Where locks do not reach, between nodes that share some parallel file systems, several may write
/// one partial file: all write the same bytes to the same places, and none ever shortens it.
/// </remarks>
internal static class HubLock
{
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <param name="waiting">Called once if another holds the lock.</param>
    public static async Task<IDisposable> AcquireAsync(string path, Action waiting, TimeProvider time, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            // Others in the group may wait for it too.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
                | UnixFileMode.OtherRead;
        }

        for (var first = true; ; first = false)
        {
            if (LockFile.TryOpen(path, options) is { } held)
                return held;
            if (first)
                waiting();
            await Task.Delay(Poll, time, cancellation).ConfigureAwait(false);
        }
    }
}
