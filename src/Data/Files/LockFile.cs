namespace HeadScope.Data.Files;

/// <summary>
/// Files that stand for a right while they are open. A file that is open without sharing is locked with flock on Unix, and refused to
/// others on Windows; the system gives it back when its process ends, however it ends.
/// </summary>
public static class LockFile
{
    /// <summary>Opens a file, or returns null where another holds it in a way that excludes this one.</summary>
    /// <exception cref="IOException">It cannot be opened for another reason: a full disk, a path that is not there.</exception>
    public static FileStream? TryOpen(string path, FileStreamOptions options)
    {
        try
        {
            return new FileStream(path, options);
        }
        catch (IOException e) when (IsHeld(e))
        {
            return null;
        }
    }

    /// <summary>A sharing violation: Windows's, or EWOULDBLOCK of Linux or macOS.</summary>
    static bool IsHeld(IOException fault) => fault.HResult is unchecked((int)0x80070020) or 11 or 35;
}
