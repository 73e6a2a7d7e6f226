using static System.Buffers.Binary.BinaryPrimitives;

namespace HeadScope.ModelCore.Torch.Native;

/// <summary>
/// The versions that a library of 64-bit little-endian ELF asks of others: its section .gnu.version_r
/// (Linux Standard Base, Core Specification, "Version Requirements").
/// </summary>
internal static class ElfVersions
{
    const uint RequirementsSection = 0x6FFFFFFE; // SHT_GNU_verneed
    const ushort Weak = 2; // VER_FLG_WEAK: the loader does without where the version is missing
    const int SectionSize = 64;

    /// <summary>Marks a version as one that may be missing. Functions of that version must then be neither called nor pointed to.</summary>
    /// <returns>Whether the library asks for it.</returns>
    public static bool Weaken(Span<byte> library, string version)
    {
        var found = false;
        var hash = Hash(version);
        for (var at = Requirements(library); at != 0; at = Next(library, at))
        {
            for (var entry = at + (int)ReadUInt32LittleEndian(library[(at + 8)..]); entry != 0; entry = Next(library, entry))
            {
                if (ReadUInt32LittleEndian(library[entry..]) != hash)
                    continue;
                library[entry + 4] |= (byte)Weak;
                found = true;
            }
        }

        return found;
    }

    /// <summary>Where the first library's requirements are; 0 where there are none.</summary>
    static int Requirements(ReadOnlySpan<byte> library)
    {
        var sections = (int)ReadUInt64LittleEndian(library[0x28..]);
        var count = ReadUInt16LittleEndian(library[0x3C..]);
        for (var i = 0; i < count; i++)
        {
            var section = library.Slice(sections + i * SectionSize, SectionSize);
            if (ReadUInt32LittleEndian(section[4..]) == RequirementsSection)
                return (int)ReadUInt64LittleEndian(section[0x18..]);
        }

        return 0;
    }

    /// <summary>Entries are linked by their distance, which is 0 in the last.</summary>
    static int Next(ReadOnlySpan<byte> library, int entry) =>
        ReadUInt32LittleEndian(library[(entry + 12)..]) is var distance and > 0 ? entry + (int)distance : 0;

    /// <summary>The hash of System V's ABI, which entries carry beside their names.</summary>
    static uint Hash(string name)
    {
        var hash = 0u;
        foreach (var letter in name)
        {
            hash = (hash << 4) + letter;
            hash = (hash ^ (hash >> 24 & 0xF0)) & 0x0FFFFFFF;
        }

        return hash;
    }
}
