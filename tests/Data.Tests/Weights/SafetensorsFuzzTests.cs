using System.Buffers.Binary;
using HeadScope.Data.Weights;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.Data.Tests.Weights;

public class SafetensorsFuzzTests(ITestOutputHelper output)
{
    [Fact]
    public void Read_DamagedHeader_GivesTensorsInsideTheFileOrInvalidData()
    {
        var file = File.ReadAllBytes(Fixture.PathOf("neox-tiny", "inputs.safetensors"));
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        byte[] header = file[8..(8 + length)], data = file[(8 + length)..];
        FuzzRun.Check(output, 20_000, random =>
        {
            var damaged = JsonMutator.Next(header, random);
            var prefix = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(prefix, random.Next(10) == 0 ? (ulong)random.NextInt64(-5, long.MaxValue) : (ulong)damaged.Length);
            return [.. prefix, .. damaged, .. data];
        },
        bytes => 64L * bytes + (256 << 10),
        bytes =>
        {
            var read = SafetensorsHeader.Read(new MemorySource(bytes, "damaged.safetensors"));
            foreach (var (info, offset) in read.Entries.Values)
                Assert.InRange(read.DataStart + offset + info.Count * info.Type.Size(), 0, bytes.Length);
        });
    }
}
