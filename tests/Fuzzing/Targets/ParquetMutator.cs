using HeadScope.Data.Tests.Frames;
using static HeadScope.Tests.Support.ByteChanges;

namespace HeadScope.Fuzzing.Targets;

/// <summary>
/// Makes damaged Parquet files. Half of the cases change bytes of whole files anywhere; the others put damaged pages, in any encoding
/// and compression, and numbers that lie, into files that are sound otherwise, so that the change is reached.
/// </summary>
internal static class ParquetMutator
{
    static readonly PageEncoding[] Encodings = Enum.GetValues<PageEncoding>();
    static readonly Codec[] Codecs = Enum.GetValues<Codec>();
    static readonly ParquetBytes Words = new() { Dictionary = ParquetBytes.Plain("x", "yy", "zzz"), DictionaryValues = 3 };

    public static byte[] Next(IReadOnlyList<byte[]> inputs, Random random) =>
        random.Next(2) == 0 ? Change([.. Pick(inputs, random)], inputs, random) : Build(inputs, random);

    static byte[] Build(IReadOnlyList<byte[]> inputs, Random random)
    {
        string[] texts = [.. Enumerable.Range(0, random.Next(6)).Select(i => new string('a', random.Next(9)))];
        byte[] page = random.Next(3) switch
        {
            0 => ParquetBytes.Plain(texts),
            1 => [128, 1, 4, (byte)texts.Length, 2, 0, 3, 0, 0, 0, .. Enumerable.Repeat((byte)97, 40)],
            _ => [.. Enumerable.Range(0, random.Next(30)).Select(_ => (byte)random.Next(256))],
        };
        var file = (random.Next(2) == 0 ? Words : new ParquetBytes()) with
        {
            Encoding = Pick(Encodings, random),
            Codec = Pick(Codecs, random),
            Page = Change([.. page], inputs, random),
            Optional = random.Next(4) == 0,
            PageSize = random.Next(3) == 0 ? (int)Pick(Extremes, random) : random.Next(60),
        };
        if (random.Next(3) == 0)
        {
            var rows = Pick(Extremes, random);
            file = file with { GroupRows = rows, Rows = rows, PageValues = (int)Math.Clamp(rows, 0, int.MaxValue) };
        }

        return random.Next(4) switch
        {
            0 => file.Write(texts),
            1 => Change([.. file.Write(texts)], inputs, random),
            2 => (file with { DictionaryValues = (int)Pick(Extremes, random) }).Write(texts),
            _ => (file with { PageSize = file.Page.Length, Codec = Codec.Uncompressed }).Write(texts),
        };
    }

    static byte[] Change(List<byte> bytes, IReadOnlyList<byte[]> inputs, Random random)
    {
        for (var changes = random.Next(3) == 0 ? 2 + random.Next(3) : 1; changes > 0 && bytes.Count > 0; changes--)
        {
            // Footers are where most of a small file's meaning is.
            var at = random.Next(3) == 0 ? Math.Max(0, bytes.Count - 1 - random.Next(800)) : random.Next(bytes.Count);
            switch (random.Next(8))
            {
                case 0:
                    bytes[at] += (byte)(random.Next(2) == 0 ? 2 : 254); // a zigzagged number, one up or down
                    break;
                case 1:
                    bytes.InsertRange(at, Cut(Pick(inputs, random), random));
                    break;
                case 2:
                    Overwrite(bytes, at, random);
                    break;
                case 3:
                    bytes.InsertRange(at, Enumerable.Repeat((byte)random.Next(256), 1 + random.Next(32)));
                    break;
                default:
                    Any(bytes, at, longest: 32, random);
                    break;
            }
        }

        return [.. bytes];
    }
}
