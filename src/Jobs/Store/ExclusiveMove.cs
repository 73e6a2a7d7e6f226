using System.Runtime.InteropServices;

namespace HeadScope.Jobs.Store;

/// <summary>
/// Gives a file its name unless the name is taken: of several callers, on any machines that share the file system, one succeeds.
/// </summary>
/// <remarks>
/// <see cref="File.Move(string, string, bool)"/> promises no such thing on Unix, where it looks first and renames after. A hard link
/// is made or refused in one step.
/// </remarks>
internal static partial class ExclusiveMove
{
    const int Exists = 17; // EEXIST, the same on Linux and macOS

    /// <summary>
    /// Whether <paramref name="target"/> is now the file; <paramref name="source"/> may be left and is the caller's to delete.
    /// </summary>
    /// <exception cref="IOException">Neither: the file system said no.</exception>
    public static bool Try(string source, string target)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                File.Move(source, target, overwrite: false); // one step, there
                return true;
            }
            catch (IOException) when (File.Exists(target))
            {
                return false;
            }
        }

        if (Link(source, target) == 0)
            return true;
        var error = Marshal.GetLastPInvokeError();
        return error == Exists ? false : throw new IOException($"{Marshal.GetPInvokeErrorMessage(error)} (linking {source} to {target})");
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string source, string target);
}
