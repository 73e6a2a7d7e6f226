using HeadScope.Data.Files;

namespace HeadScope.Data.Hub;

/// <summary>How far a download is. Reports come from several threads, but one at a time.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Files">Files that are not in the cache.</param>
/// <param name="FilesDone">Those of them that now are.</param>
/// <param name="Bytes">Bytes of them that are here.</param>
/// <param name="TotalBytes">Bytes that they have in all.</param>
/// <param name="Message">What people may want to know of, such as a connection that broke. Null where there is nothing.</param>
public sealed record HubProgress(HubRepository Repository, int Files, int FilesDone, long Bytes, long TotalBytes, string? Message);

/// <summary>Files of a repository at one commit, on this machine.</summary>
/// <param name="Folder">A folder with the files under their names. Others may lie beside them.</param>
/// <param name="Input">The same folder, to be read.</param>
/// <param name="Commit">Forty hex digits.</param>
/// <param name="Files">The names that were chosen, with forward slashes.</param>
public sealed record HubSnapshot(string Commit, string Folder, InputPath Input, IReadOnlyList<string> Files);

/// <summary>Adds up what several downloads have done.</summary>
internal sealed class ProgressMeter(HubRepository repository, IProgress<HubProgress>? progress)
{
    readonly Lock _gate = new();
    readonly Dictionary<string, long> _bytesOf = new(StringComparer.Ordinal);
    int _files;
    int _done;
    long _total;

    public void Expect(int files, long bytes) => Report(() => (_files, _total) = (files, bytes), null);

    public void At(string file, long bytes) => Report(() => _bytesOf[file] = bytes, null);

    public void Done(string file, long bytes) => Report(() =>
    {
        _bytesOf[file] = bytes;
        _done++;
    }, null);

    public void Say(string message) => Report(() => { }, message);

    void Report(Action change, string? message)
    {
        if (progress is null)
            return;
        lock (_gate)
        {
            change();
            progress.Report(new HubProgress(repository, _files, _done, _bytesOf.Values.Sum(), _total, message));
        }
    }
}
