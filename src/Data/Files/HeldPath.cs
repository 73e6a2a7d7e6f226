using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HeadScope.Data.Files;

/// <summary>What a path leads to.</summary>
internal enum PathKind
{
    File,
    Folder,

    /// <summary>A device, a pipe, a socket.</summary>
    Other,
}

/// <summary>
/// What a path leads to, held in place: its kind and its real path are those of what is then read, whatever becomes of the path.
/// Holding opens nothing: it neither waits for the other end of a pipe nor stirs a device.
/// </summary>
/// <remarks>Outside Linux nothing is held: there the path is followed once, and what it led to is named without links.</remarks>
internal sealed partial class HeldPath : IDisposable
{
    const int ReferenceOnly = 0x200000; // O_PATH
    const int CloseOnExec = 0x80000; // O_CLOEXEC
    const int OfTheHandle = 0x1000; // AT_EMPTY_PATH
    const uint TypeOnly = 1; // STATX_TYPE

    readonly SafeFileHandle? _handle;

    HeldPath(SafeFileHandle? handle, PathKind kind, string real, string readable) =>
        (_handle, Kind, Real, Readable) = (handle, kind, real, readable);

    public PathKind Kind { get; }

    /// <summary>Where it really lies, all links followed.</summary>
    public string Real { get; }

    /// <summary>A path that leads to just this while it is held.</summary>
    public string Readable { get; }

    /// <returns>Null where nothing is there, or it cannot be reached.</returns>
    /// <param name="failure">Null where nothing is there; otherwise what is in the way, which does not name the path.</param>
    public static HeldPath? TryHold(string path, out Exception? failure)
    {
        failure = null;
        if (path.Contains('\0', StringComparison.Ordinal))
            return null;
        return OperatingSystem.IsLinux() ? TryHoldLinux(path, out failure) : TryFollow(path);
    }

    public void Dispose() => _handle?.Dispose();

    static HeldPath? TryHoldLinux(string path, out Exception? failure)
    {
        int handle, error;
        do
        {
            handle = Open(path, ReferenceOnly | CloseOnExec);
            error = handle < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
        while (error == Error.Interrupted);
        failure = error switch
        {
            0 or Error.NoEntry or Error.NotAFolder or Error.TooManyLinks or Error.NameTooLong => null,
            Error.NoAccess or Error.NotPermitted => new UnauthorizedAccessException(),
            _ => new IOException(new Win32Exception(error).Message),
        };
        if (handle < 0)
            return null;
        var held = new SafeFileHandle(handle, ownsHandle: true);
        if (Describe(handle, "", OfTheHandle, TypeOnly, out var status) != 0)
        {
            failure = new IOException(new Win32Exception(Marshal.GetLastPInvokeError()).Message);
            held.Dispose();
            return null;
        }

        var readable = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{handle}");
        return new HeldPath(held, status.Kind, new FileInfo(readable).LinkTarget ?? "", readable);
    }

    static HeldPath? TryFollow(string path)
    {
        if (RealPath.Of(path) is not { } real)
            return null;
        var attributes = File.GetAttributes(real);
        var kind = attributes.HasFlag(FileAttributes.Directory) ? PathKind.Folder
            : attributes.HasFlag(FileAttributes.Device) ? PathKind.Other
            : PathKind.File;
        return new HeldPath(null, kind, real, real);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Describe(int folder, string path, int flags, uint mask, out Status status);

    /// <summary>struct statx, the same on every processor.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct Status
    {
        [FieldOffset(28)]
        readonly ushort _mode;

        public readonly PathKind Kind => (_mode & 0xF000) switch
        {
            0x8000 => PathKind.File,
            0x4000 => PathKind.Folder,
            _ => PathKind.Other,
        };
    }

    /// <summary>Linux's numbers.</summary>
    static class Error
    {
        public const int NotPermitted = 1;
        public const int NoEntry = 2;
        public const int Interrupted = 4;
        public const int NoAccess = 13;
        public const int NotAFolder = 20;
        public const int NameTooLong = 36;
        public const int TooManyLinks = 40;
    }
}
