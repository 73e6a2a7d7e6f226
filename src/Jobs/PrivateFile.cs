namespace HeadScope.Jobs;

/// <summary>Files that hold secrets: their owner alone may read them.</summary>
public static class PrivateFile
{
    const UnixFileMode Writing = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Writes or replaces a file, which others see whole or not at all.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        using (var stream = new FileStream(temporary, Options(FileMode.CreateNew, FileAccess.Write)))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>How to open a file that, where it is made, is its owner's alone.</summary>
    public static FileStreamOptions Options(FileMode mode, FileAccess access)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    /// <summary>Sees that others cannot read or change a file. On Windows that is left to the folder it is in.</summary>
    /// <param name="what">What is in it, and what others could do with that, for the message.</param>
    /// <exception cref="InvalidDataException">They can.</exception>
    public static void Check(string path, string what)
    {
        if (OperatingSystem.IsWindows())
            return;

        // A secret that Kubernetes mounts belongs to root, and is read by the group of the pod; nobody can write it.
        var mode = File.GetUnixFileMode(Path.GetFullPath(path));
        var others = mode & Others;
        if (others == 0 || (others == UnixFileMode.GroupRead && (mode & Writing) == 0))
            return;
        throw new InvalidDataException($"{path}: others on this machine can read or change {what}. Take that right away: chmod 600 {path}");
    }
}
