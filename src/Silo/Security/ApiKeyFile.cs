using System.Security.Cryptography;
using System.Text;
using HeadScope.Data.Files;
using HeadScope.Jobs;

namespace HeadScope.Silo.Security;

/// <summary>
/// The keys of a server, in a JSON file that only their owner may read. Changes take effect without a restart; those of several processes
/// at the same time are made one after another.
/// </summary>
public sealed class ApiKeyFile(string path, TimeProvider time)
{
    /// <summary>How soon a change is noticed.</summary>
    static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long to wait for others that change the file: each takes some milliseconds.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    readonly Lock _gate = new();
    IReadOnlyList<ApiKey> _keys = [];
    (DateTime Written, long Length) _version;
    long? _checked;

    sealed record Content(IReadOnlyList<ApiKey> Keys);

    /// <summary>Told the keys before and after, when the file is read again.</summary>
    internal Action<IReadOnlyList<ApiKey>, IReadOnlyList<ApiKey>> Changed { get; set; } = (_, _) => { };

    /// <exception cref="InvalidDataException">The file is missing or damaged, or others can read it.</exception>
    public IReadOnlyList<ApiKey> Keys
    {
        get
        {
            lock (_gate)
            {
                if (_checked is { } last && time.GetElapsedTime(last) < CheckInterval)
                    return _keys;
                var info = Existing();
                if (_version != (info.LastWriteTimeUtc, info.Length))
                {
                    var keys = Read();
                    Changed(_keys, keys);
                    (_keys, _version) = (keys, (info.LastWriteTimeUtc, info.Length));
                }

                _checked = time.GetTimestamp();
                return _keys;
            }
        }
    }

    /// <summary>The key of a secret, or null. Takes the same time for every secret.</summary>
    public ApiKey? Find(string secret)
    {
        var hash = Encoding.ASCII.GetBytes(ApiKey.HashOf(secret));
        ApiKey? found = null;
        foreach (var key in Keys)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, Encoding.ASCII.GetBytes(key.Hash)))
                found = key;
        }

        return found;
    }

    /// <summary>Adds a key and returns its secret.</summary>
    /// <exception cref="InvalidDataException">There is a key of that name, or it cannot be the name of a key.</exception>
    public string Add(string name, Role role)
    {
        if (!ApiKey.IsName(name))
            throw new InvalidDataException(
                $"'{name}' cannot be the name of a key: expected letters, digits, '.', '-' and '_', at most 64.");
        var secret = ApiKey.NewSecret();
        Change(keys => keys.Any(key => key.Name == name)
            ? throw new InvalidDataException($"{path}: there is a key '{name}' already. Remove it first, or choose another name.")
            : [.. keys, new ApiKey(name, role, ApiKey.HashOf(secret), time.GetUtcNow())]);
        return secret;
    }

    /// <exception cref="InvalidDataException">There is no such key.</exception>
    public void Remove(string name)
    {
        _ = Existing();
        Change(keys => keys.Where(key => key.Name != name).ToList() is var left && left.Count < keys.Count
            ? left
            : throw new InvalidDataException($"{path}: there is no key '{name}'. It has " +
                $"{(keys.Count == 0 ? "none" : string.Join(", ", keys.Select(key => key.Name)))}."));
    }

    /// <summary>Replaces what is in the file by something made of it, while nobody else does.</summary>
    void Change(Func<IReadOnlyList<ApiKey>, IReadOnlyList<ApiKey>> change)
    {
        using (Exclusively())
            PrivateFile.Write(path, JobJson.Write(new Content(change(File.Exists(path) ? Read() : []))));
        lock (_gate)
            _checked = null;
    }

    /// <summary>The file beside it stays: where it were deleted, two could each lock one of that name.</summary>
    FileStream Exclusively()
    {
        var file = $"{path}.lock";
        for (var started = time.GetTimestamp(); ;)
        {
            if (LockFile.TryOpen(file, PrivateFile.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite)) is { } held)
                return held;
            if (time.GetElapsedTime(started) >= Patience)
                throw new IOException(
                    $"{file}: another process has held it for {Patience.TotalSeconds:N0} s. End that process, then try again.");
            Thread.Sleep(Poll);
        }
    }

    IReadOnlyList<ApiKey> Read()
    {
        PrivateFile.Check(path, "who may speak to the server");
        var keys = JobJson.Read<Content>(File.ReadAllBytes(path), path).Keys;
        var faults = keys.Select(key => key is null ? "a key is null, where an object was expected" : key.Fault());
        return faults.FirstOrDefault(fault => fault is not null) is { } fault ? throw new InvalidDataException($"{path}: {fault}.") : keys;
    }

    FileInfo Existing()
    {
        // A mounted secret is a link, of which what it leads to is replaced.
        var info = new FileInfo(path);
        var target = info.Exists && info.ResolveLinkTarget(returnFinalTarget: true) is FileInfo end ? end : info;
        return target.Exists
            ? target
            : throw new InvalidDataException($"{path}: there is no such file of API keys. Make one with 'headscope-silo keys add'.");
    }
}
