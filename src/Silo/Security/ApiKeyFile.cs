using System.Security.Cryptography;
using System.Text;
using HeadScope.Jobs;

namespace HeadScope.Silo.Security;

/// <summary>The keys of a server, in a JSON file that only their owner may read. Changes take effect without a restart.</summary>
public sealed class ApiKeyFile(string path, TimeProvider time)
{
    /// <summary>How soon a change is noticed.</summary>
    static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    readonly Lock _gate = new();
    IReadOnlyList<ApiKey> _keys = [];
    (DateTime Written, long Length) _version;
    long? _checked;

    sealed record Content(IReadOnlyList<ApiKey> Keys);

    /// <exception cref="InvalidDataException">The file is missing or damaged.</exception>
    public IReadOnlyList<ApiKey> Keys
    {
        get
        {
            lock (_gate)
            {
                if (_checked is { } last && time.GetElapsedTime(last) < CheckInterval)
                    return _keys;
                var info = new FileInfo(path);
                if (!info.Exists)
                    throw new InvalidDataException($"{path}: there is no such file of API keys. Make one with 'headscope-silo keys add'.");
                if (_version != (info.LastWriteTimeUtc, info.Length))
                {
                    _keys = JobJson.Read<Content>(File.ReadAllBytes(path), path).Keys;
                    _version = (info.LastWriteTimeUtc, info.Length);
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
    /// <exception cref="InvalidDataException">There is a key of that name, or the name is none.</exception>
    public string Add(string name, Role role)
    {
        if (!ApiKey.IsName(name))
            throw new InvalidDataException($"'{name}' is no name for a key: expected letters, digits, '.', '-' and '_', at most 64.");
        IReadOnlyList<ApiKey> keys = File.Exists(path) ? Keys : [];
        if (keys.Any(key => key.Name == name))
            throw new InvalidDataException($"{path}: there is a key '{name}' already. Remove it first, or choose another name.");
        var secret = ApiKey.NewSecret();
        Write([.. keys, new ApiKey(name, role, ApiKey.HashOf(secret), time.GetUtcNow())]);
        return secret;
    }

    /// <exception cref="InvalidDataException">There is no such key.</exception>
    public void Remove(string name)
    {
        var left = Keys.Where(key => key.Name != name).ToList();
        if (left.Count == Keys.Count)
            throw new InvalidDataException($"{path}: there is no key '{name}'. It has {(left.Count == 0 ? "none" : string.Join(", ", left.Select(key => key.Name)))}.");
        Write(left);
    }

    void Write(IReadOnlyList<ApiKey> keys)
    {
        PrivateFile.Write(path, JobJson.Write(new Content(keys)));
        lock (_gate)
            _checked = null;
    }
}
