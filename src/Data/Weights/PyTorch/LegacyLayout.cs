using System.Buffers.Binary;
using System.Numerics;
using HeadScope.Data.Files;

namespace HeadScope.Data.Weights.PyTorch;

/// <summary>
/// The format before PyTorch 1.6: five pickles one after the other (a magic number, a protocol version, the machine, the
/// object, a list of storage keys), then for each key the number of elements in 8 bytes and the elements.
/// </summary>
internal static class LegacyLayout
{
    const int ProtocolVersion = 1001;

    static readonly BigInteger Magic = BigInteger.Parse("119547037146038801333356", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The unpickled object; every storage in it has its place in the file.</summary>
    public static object? Load(ByteSource source)
    {
        var storages = new StorageTable();
        var input = new PickleInput(source, "the legacy format's pickles", 0, Math.Min(source.Length, Limits.PickleBytes));
        var unpickler = new Unpickler(input, storages);
        if (unpickler.Load() is not BigInteger magic || magic != Magic)
            throw source.Fail("first pickle", "another value", "torch.save's magic number", "Choose a file made by torch.save.");
        if (unpickler.Load() is var version && version is not (long)ProtocolVersion)
            throw source.Fail("second pickle", $"protocol version {PickleValue.Describe(version)}", $"{ProtocolVersion}", Remedy.Resave);
        CheckByteOrder(source, unpickler.Load());
        var root = unpickler.Load();
        if (unpickler.Load() is not PickleList keys)
            throw source.Fail("last pickle", "no list", "the list of storage keys", Fault.Damaged);

        Place(source, storages, keys, input.Position);
        return root;
    }

    static void CheckByteOrder(ByteSource source, object? machine)
    {
        if (machine is PickleDict facts && facts.Any(fact => fact is { Key: "little_endian", Value: true }))
            return;
        throw source.Fail("third pickle", "no little-endian machine", "little_endian: True", Remedy.ResaveLittleEndian);
    }

    static void Place(ByteSource source, StorageTable storages, PickleList keys, long position)
    {
        Span<byte> count = stackalloc byte[sizeof(long)];
        foreach (var key in keys)
        {
            var where = $"storage {PickleValue.Describe(key)} at byte {position}";
            if (key is not string { Length: <= Limits.NameLength } name || storages.Find(name) is not { Offset: < 0 } storage)
                throw source.Fail(where, "one that no tensor uses or that came before", "each storage of the pickle once", Fault.Damaged);
            source.Read(position, count);
            position += sizeof(long);
            if (BinaryPrimitives.ReadInt64LittleEndian(count) is var found && found != storage.Count)
                throw source.Fail(where, $"{found} elements", $"{storage.Count}, as the pickle says", Fault.Damaged);
            if (storage.ByteCount > source.Length - position)
                throw source.Fail(where, $"{source.Length - position} bytes to the file's end", $"{storage.ByteCount}", Fault.Damaged);
            storage.Offset = position;
            position += storage.ByteCount;
        }

        if (storages.All.FirstOrDefault(storage => storage.Offset < 0) is { } missing)
            throw source.Fail("last pickle", $"no storage {Fault.Quote(missing.Key)}", "each storage of the pickle once", Fault.Damaged);
    }
}
