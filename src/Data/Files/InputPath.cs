using Microsoft.Win32.SafeHandles;
using IoPath = System.IO.Path;

namespace HeadScope.Data.Files;

/// <summary>
/// A file or folder to be read: where it is, what messages call it, and in which folders it must really lie. Only regular files are
/// opened: a pipe, a socket or a device is refused at once.
/// </summary>
/// <remarks>
/// What is checked is what is opened: the place is judged of the file that is held open, all links followed, not of a path that may
/// lead elsewhere a moment later. Where folders are prescribed, a file that is absent and one that lies elsewhere are refused alike.
/// </remarks>
public sealed class InputPath
{
    readonly IReadOnlyList<string>? _roots;

    InputPath(string path, string name, IReadOnlyList<string>? roots) => (Path, Name, _roots) = (path, name, roots);

    public string Path { get; }

    /// <summary>What messages call it.</summary>
    public string Name { get; }

    /// <summary>A path of this machine's own user: it may lead anywhere, and messages name it in full.</summary>
    public static InputPath Anywhere(string path) => new(path, path, null);

    /// <summary>A path that must lead into one of some folders.</summary>
    /// <param name="roots">Real paths (<see cref="RealPath.OfFolder"/>).</param>
    /// <param name="name">What messages call it, in the place of the path.</param>
    public static InputPath Within(IReadOnlyList<string> roots, string path, string name) => new(path, name, roots);

    /// <summary>A file in this folder.</summary>
    public InputPath Child(string name) =>
        new(IoPath.Combine(Path, name), $"{Name.TrimEnd('/', IoPath.DirectorySeparatorChar)}/{name}", _roots);

    /// <summary>The folder that it is in.</summary>
    internal InputPath Parent => _roots is null
        ? Anywhere(IoPath.GetDirectoryName(IoPath.GetFullPath(Path))!)
        : new InputPath(IoPath.GetDirectoryName(Path)!, IoPath.GetDirectoryName(Name) ?? Name, _roots);

    /// <summary>Whether there is a file of this name, or a link, wherever it leads; whether it may be opened is another matter.</summary>
    public bool IsFile => File.Exists(Path) || (new FileInfo(Path).LinkTarget is not null && !IsFolder);

    /// <summary>Whether something is there, of whatever kind, that lies where it must.</summary>
    public bool Exists
    {
        get
        {
            using var held = HeldPath.TryHold(Path, out _);
            return held is not null && IsAllowed(held);
        }
    }

    /// <summary>Whether it is a folder that may be read.</summary>
    public bool IsFolder
    {
        get
        {
            using var held = HeldPath.TryHold(Path, out _);
            return held is { Kind: PathKind.Folder } && IsAllowed(held);
        }
    }

    /// <summary>The names of a folder's files and links.</summary>
    /// <exception cref="InvalidDataException">It is not a folder, or not one that may be read.</exception>
    public IReadOnlyList<string> FileNames()
    {
        using var held = Hold();
        return held.Kind == PathKind.Folder
            ? [.. Directory.GetFiles(held.Readable).Select(file => IoPath.GetFileName(file)!)]
            : throw new InvalidDataException($"{Name}: this is not a folder.");
    }

    /// <summary>Opens the file for reading.</summary>
    /// <exception cref="InvalidDataException">It is not a regular file; or it does not lie in the folders prescribed.</exception>
    /// <exception cref="FileNotFoundException">There is no such file, where no folders are prescribed.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not read it.</exception>
    public SafeFileHandle Open(FileOptions options = FileOptions.None)
    {
        using var held = Hold();
        if (held.Kind != PathKind.File)
        {
            var what = held.Kind == PathKind.Folder ? "a folder" : "a device, a pipe or a socket";
            throw new InvalidDataException($"{Name}: this is {what}, and only regular files are read.");
        }

        try
        {
            return File.OpenHandle(held.Readable, options: options);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new UnauthorizedAccessException($"{Name}: this process may not read it.", e);
        }
        catch (IOException e)
        {
            throw new IOException($"{Name}: it cannot be opened; another process may be writing it.", e);
        }
    }

    HeldPath Hold()
    {
        var held = HeldPath.TryHold(Path, out var failure);
        if (held is not null && IsAllowed(held))
            return held;
        held?.Dispose();
        throw failure is IOException ? new IOException($"{Name}: {failure.Message}", failure)
            : _roots is not null ? new InvalidDataException(
                $"{Name}: there is no such file or folder in those that may be named here, links followed.")
            : failure is UnauthorizedAccessException ? new UnauthorizedAccessException($"{Name}: this process may not look there.", failure)
            : new FileNotFoundException($"{Name}: there is no such file or folder.");
    }

    bool IsAllowed(HeldPath held) => _roots is null || _roots.Any(root => RealPath.IsIn(root, held.Real));
}
