using System.Runtime.InteropServices;
using System.Text;

namespace HeadScope.Tests.Support;

/// <summary>Token files of any length for the tiny model, always the same.</summary>
internal static class RandomTokens
{
    const int Context = 64;
    const int Vocabulary = 50; // few, so that there are copies to attend to
    const int Seed = 1;

    /// <summary>Writes [rows, 64] integers as .npy.</summary>
    public static void Write(string path, int rows)
    {
        var random = new Random(Seed);
        var tokens = Enumerable.Range(0, rows * Context).Select(_ => random.Next(Vocabulary)).ToArray();
        var header = $"{{'descr': '<i4', 'fortran_order': False, 'shape': ({rows}, {Context}), }}".PadRight(117) + "\n";
        using var file = File.Create(path);
        file.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0]);
        file.Write(Encoding.ASCII.GetBytes(header));
        file.Write(MemoryMarshal.AsBytes(tokens.AsSpan()));
    }
}
