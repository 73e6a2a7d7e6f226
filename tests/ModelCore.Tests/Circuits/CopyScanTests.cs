using System.Numerics.Tensors;
using HeadScope.ModelCore.Circuits;
using HeadScope.Tests.Support;

namespace HeadScope.ModelCore.Tests.Circuits;

public class CopyScanTests
{
    /// <summary>
    /// Some tokens read what they write, all others what the first token writes; the second half of the tokens writes what the first
    /// does. Of equals the first is the highest, though the others drop out, and a backend multiplies few rows by other kernels than many.
    /// </summary>
    [Theory]
    [InlineData(16)]
    [InlineData(24)]
    [InlineData(33)]
    [InlineData(64)]
    public void OwnArgmaxShare_TokensThatAreEqual_CountsTheFirst(int size)
    {
        const int Different = 1500;
        int[] copied = [0, 600, 1400]; // six rows remain
        var written = new float[2 * Different * size];
        var random = new Random(3);
        for (var token = 0; token < Different; token++)
        {
            var vector = Of(written, token);
            foreach (ref var value in vector)
                value = random.NextSingle() - 0.5f;
            TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), vector); // its own product is the highest
            vector.CopyTo(Of(written, Different + token));
        }

        var read = new float[written.Length];
        for (var token = 0; token < 2 * Different; token++)
            Of(written, Read(token)).CopyTo(Of(read, token));
        using var backend = TestDevice.Open();
        var scan = new CopyScan(backend, read, written, 2 * Different, size);
        Assert.Equal(Enumerable.Range(0, 2 * Different).Select(Read), scan.Argmax());
        Assert.Equal((double)copied.Length / (2 * Different), scan.OwnArgmaxShare());

        int Read(int token) => copied.Contains(token % Different) ? token % Different : 0;

        Span<float> Of(float[] vectors, int token) => vectors.AsSpan(token * size, size);
    }
}
