using HeadScope.Data.Files;
using HeadScope.Data.Weights.PyTorch;

namespace HeadScope.Data.Tests.Weights.PyTorch;

/// <summary>Files of more than 4 GiB, most of it a hole of zeros that no test could wait for.</summary>
public class LargeFileTests
{
    const long Hole = 6L << 30;
    const long Rows = Hole / 1024;

    static readonly byte[] Ones = [0, 0, 128, 63, 0, 0, 128, 63];

    [Fact]
    public void Read_ZipBeyond4GiB_FindsWhatLiesBehindIt()
    {
        var zip = new ZipWriter().Add("archive/data/0", []).Add("archive/data/1", Ones).Add("archive/data.pkl", Pickle());
        var start = 30 + "archive/data/0".Length;
        Check(new HoleSource(zip.Finish64(Hole), start));
    }

    [Fact]
    public void Read_LegacyBeyond4GiB_FindsWhatLiesBehindIt()
    {
        var head = LegacyFileTests.Legacy(pickle: Pickle(), keys: ["0", "1"], data: BitConverter.GetBytes(Hole / sizeof(float)));
        Check(new HoleSource([.. head, .. BitConverter.GetBytes(2L), .. Ones], head.Length));
    }

    static byte[] Pickle() => PickleWriter.DictOf(writer => writer
        .Tensor("FloatStorage", "0", Hole / sizeof(float), 0, [Rows, 256], [256, 1]).Op(Opcode.SetItem)
        .Text("last column").Tensor("FloatStorage", "0", Hole / sizeof(float), (Rows - 3) * 256 + 255, [3], [256]).Op(Opcode.SetItem)
        .Text("behind").Floats("1", 2));

    static void Check(HoleSource source)
    {
        using var checkpoint = PyTorchCheckpoint.Open(source);
        Assert.Equal([Rows, 256], checkpoint.Tensors["w"].Shape);
        float[] behind = [5, 5];
        checkpoint.Read("behind", behind);
        Assert.Equal([1f, 1f], behind);
        float[] column = [5, 5, 5];
        checkpoint.Read("last column", column);
        Assert.Equal([0f, 0f, 0f], column);
    }

    /// <summary>A file that has <see cref="Hole"/> zeros more from byte <paramref name="start"/> on.</summary>
    sealed class HoleSource(byte[] bytes, int start) : ByteSource("large.pt", bytes.Length + Hole)
    {
        public override void Dispose()
        {
        }

        protected override int ReadSome(long offset, Span<byte> destination)
        {
            for (var i = 0; i < destination.Length; i++, offset++)
                destination[i] = offset < start ? bytes[offset] : offset < start + Hole ? (byte)0 : bytes[offset - Hole];
            return destination.Length;
        }
    }
}
