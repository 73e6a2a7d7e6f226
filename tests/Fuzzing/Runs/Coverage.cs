using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SharpFuzz;
using SharpFuzz.Common;

namespace HeadScope.Fuzzing.Runs;

/// <summary>
/// Which edges of the readers' code an input passes, and how often. SharpFuzz writes into the assemblies that each block counts in one
/// table of memory; what is counted there is looked at here, without AFL.
/// </summary>
internal static unsafe class Coverage
{
    /// <summary>The size that SharpFuzz numbers blocks for.</summary>
    const int Edges = 1 << 16;

    static readonly string[] Readers = ["HeadScope.Data.dll", "HeadScope.Jobs.dll", "headscope-silo.dll"];

    static byte* s_counts;

    static Span<byte> Counts => new(s_counts, Edges);

    /// <summary>Has to be called before any code of the readers runs.</summary>
    public static void Start()
    {
        s_counts = (byte*)NativeMemory.AllocZeroed(Edges);
        Trace.SharedMem = s_counts;
    }

    /// <summary>Copies this program with its readers changed so that they count, and says where it is.</summary>
    public static string Instrument()
    {
        var from = AppContext.BaseDirectory;
        var to = Path.Combine(from, "instrumented");
        if (Directory.Exists(to))
            Directory.Delete(to, recursive: true);
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        foreach (var reader in Readers)
            Fuzzer.Instrument(Path.Combine(to, reader), _ => true, Options.Value).Count();
        return Path.Combine(to, $"{typeof(Coverage).Assembly.GetName().Name}.dll");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Clear()
    {
        Counts.Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Adds the counts since <see cref="Clear"/> to what is known: to each edge's bits, that of how often it was passed.</summary>
    /// <returns>Whether any is new.</returns>
    public static bool AddTo(byte[] known)
    {
        var isNew = false;
        var counts = Counts;
        for (var at = counts.IndexOfAnyExcept((byte)0); at >= 0 && at < Edges;)
        {
            var bit = BitOf(counts[at]);
            isNew |= (known[at] & bit) == 0;
            known[at] |= bit;
            var next = counts[(at + 1)..].IndexOfAnyExcept((byte)0);
            at = next < 0 ? -1 : at + 1 + next;
        }

        return isNew;
    }

    public static byte[] NothingKnown() => new byte[Edges];

    /// <summary>1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, and more, as AFL tells them apart.</summary>
    static byte BitOf(byte count) => count switch
    {
        1 => 1,
        2 => 2,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}
