using HeadScope.Data.Files;
namespace HeadScope.Data.Weights.PyTorch;

/// <summary>The storages that a pickle mentions, by key. Tensors that share one share its entry.</summary>
internal sealed class StorageTable
{
    readonly Dictionary<string, PickleStorage> _storages = [];

    public IReadOnlyCollection<PickleStorage> All => _storages.Values;

    public PickleStorage? Find(string key) => _storages.GetValueOrDefault(key);

    /// <summary>The storage of that key, new or mentioned before with the same type and size.</summary>
    public PickleStorage Get(TensorType type, string key, long count, Unpickler unpickler)
    {
        if (!_storages.TryGetValue(key, out var storage))
        {
            if (_storages.Count >= Limits.Tensors)
                throw unpickler.Fail("one storage too many", $"at most {Limits.Tensors}", Remedy.Resave);
            _storages.Add(key, storage = new PickleStorage(type, key, count));
        }

        return storage.Type == type && storage.Count == count
            ? storage
            : throw unpickler.Fail(
                $"storage {Fault.Quote(key)} as {count} {type}", $"{storage.Count} {storage.Type}, as before", Remedy.Resave);
    }
}
