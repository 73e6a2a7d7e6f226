namespace HeadScope.Data.Hub;

/// <summary>
/// Lets one process, or thread, at a time bring a blob. A file that is open without sharing is locked with flock on Unix, as Python's
/// filelock does, and refused to others on Windows: either way we and Python exclude each other.
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
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            // Others in the group may wait for it too.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead;
        }

        for (var first = true; ; first = false)
        {
            try
            {
                return new FileStream(path, options);
            }
            catch (IOException e) when (IsHeld(e))
            {
                if (first)
                    waiting();
            }

            await Task.Delay(Poll, time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>A sharing violation: Windows's, or EWOULDBLOCK of Linux or macOS.</summary>
    static bool IsHeld(IOException fault) => fault.HResult is unchecked((int)0x80070020) or 11 or 35;
}
