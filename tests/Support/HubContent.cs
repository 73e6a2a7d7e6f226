using System.Security.Cryptography;
using System.Text;

namespace HeadScope.Tests.Support;

/// <summary>A file on a <see cref="HubServer"/>.</summary>
/// <param name="IsLarge">Large files lie at another host and are named by their SHA-256, others by git's id.</param>
internal sealed record HubContentFile(string Name, byte[] Bytes, string GitId, bool IsLarge)
{
    public string Etag => IsLarge ? Convert.ToHexStringLower(SHA256.HashData(Bytes)) : GitId;
}

/// <summary>A repository on a <see cref="HubServer"/>: commits, and the branches and tags that name them.</summary>
internal sealed class HubContent
{
    static readonly string[] LargeEndings = [".safetensors", ".bin", ".pth", ".parquet"];

    readonly Dictionary<string, Dictionary<string, HubContentFile>> _commits = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _references = new(StringComparer.Ordinal);

    public HubContent(IReadOnlyDictionary<string, byte[]> files) => Commit(files);

    /// <summary>What <c>main</c> is.</summary>
    public string Head => _references["main"];

    /// <summary>Without this token the repository is not there, or, where it is gated, its files are not.</summary>
    public string? Token { get; set; }

    public bool IsGated { get; set; }

    /// <summary>The path that requests are sent on to.</summary>
    public string? RenamedTo { get; set; }

    public HubContent Commit(IReadOnlyDictionary<string, byte[]> files)
    {
        var entries = files.ToDictionary(
            file => file.Key,
            file => new HubContentFile(file.Key, file.Value, GitId(file.Value), LargeEndings.Contains(Path.GetExtension(file.Key))),
            StringComparer.Ordinal);
        var commit = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(
            string.Join('\n', entries.Values.Select(file => $"{file.Name} {file.GitId}").Order(StringComparer.Ordinal)))));
        _commits[commit] = entries;
        _references["main"] = commit;
        return this;
    }

    /// <summary>Gives <c>main</c>'s commit another name.</summary>
    public void Tag(string name) => _references[name] = Head;

    public string? CommitOf(string revision) => _commits.ContainsKey(revision) ? revision : _references.GetValueOrDefault(revision);

    public bool TryFind(string commit, string name, out HubContentFile file) => _commits[commit].TryGetValue(name, out file!);

    public HubContentFile? Large(string etag) =>
        _commits.Values.SelectMany(files => files.Values).FirstOrDefault(file => file.IsLarge && file.Etag == etag);

    /// <summary>What the hub's API says of a commit.</summary>
    public object Describe(string id, string commit) => new
    {
        id,
        sha = commit,
        @private = Token is not null && !IsGated,
        tags = Array.Empty<string>(),
        downloads = 0,
        likes = 0,
        gated = IsGated ? (object)"auto" : false,
        siblings = _commits[commit].Values.Select(file => file.IsLarge
            ? (object)new
            {
                rfilename = file.Name,
                size = file.Bytes.Length,
                blobId = file.GitId,
                lfs = new { sha256 = file.Etag, size = file.Bytes.Length, pointerSize = 130 },
            }
            : new { rfilename = file.Name, size = file.Bytes.Length, blobId = file.GitId }),
    };

    /// <summary>The same as a list of entries.</summary>
    /// <param name="paths">Null for all.</param>
    public IEnumerable<object> Tree(string commit, string[]? paths) => _commits[commit].Values.Where(
        file => paths?.Contains(file.Name) != false).Select(file => new
        {
            type = "file",
            path = file.Name,
            size = file.Bytes.Length,
            oid = file.GitId,
            lfs = file.IsLarge ? new { oid = file.Etag, size = file.Bytes.Length, pointerSize = 130 } : null,
            lastCommit = new { id = commit, title = "A commit", date = "2024-01-01T00:00:00.000Z" },
        });

    static string GitId(byte[] content) =>
        Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));
}
