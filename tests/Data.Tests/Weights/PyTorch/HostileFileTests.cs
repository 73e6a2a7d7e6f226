using System.IO.Compression;
using System.Text;
using HeadScope.Data.Weights.PyTorch;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Weights.PyTorch;

public class HostileFileTests
{
    static readonly byte[] Pickle = PickleWriter.DictOf(writer => writer.Floats("0", 4));
    static readonly byte[] Storage = new byte[4 * sizeof(float)];

    [Fact]
    public void Open_PlainArchive_IsRead()
    {
        using var checkpoint = PyTorchCheckpoint.Open(new MemorySource(ZipWriter.Checkpoint(Pickle, Storage)));
        Assert.Equal([4L], checkpoint.Tensors["w"].Shape);
    }

    [Fact]
    public void Open_NamesThatLookLikePaths_AreLabels()
    {
        var zip = Plain().Add("../../etc/passwd", Storage).Add("/root/data.pkl", []).Add("C:\\data.pkl", [])
            .Add("archive/../data.pkl", []).Add("archive/data/../0", [1]);
        using var checkpoint = PyTorchCheckpoint.Open(new MemorySource(zip.Finish()));
        Assert.Equal(["w"], checkpoint.Tensors.Keys);
    }

    [Fact]
    public void Open_EntryTwice_IsRefused()
    {
        Refused(Plain().Add("archive/data/0", Storage).Finish(), "'archive/data/0' twice");
        Refused(Plain().Add("archive/data.pkl", Pickle).Finish(), "'archive/data.pkl' twice");
        Refused(Plain().Add("other/data.pkl", Pickle).Finish(), "'archive/data.pkl' and 'other/data.pkl'");
    }

    [Fact]
    public void Open_HeadersThatDisagreeOnAName_IsRefused()
    {
        var pickle = new ZipWriter().Add("archive/data.pkl", Pickle);
        Refused(pickle.Add("archive/data/0", Storage, localName: "archive/data/1").Finish(), "another name");
        Refused(new ZipWriter().Add("archive/data.pkl", Pickle, localName: "archive/data.pkl2").Finish(), "another name");
    }

    [Fact]
    public void Open_CompressedEntry_IsRefusedHoweverSmall()
    {
        var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        using (var entry = zip.CreateEntry("archive/data.pkl", CompressionLevel.SmallestSize).Open())
            entry.Write(new byte[10 << 20]);
        Refused(file.ToArray(), "10485760, compression method 8");
    }

    [Fact]
    public void Open_EntryThatIsNotWhereItShouldBe_IsRefused()
    {
        Refused(WithStorage(entry => entry with { Header = 1 }), "no stored entry at byte 1");
        Refused(WithStorage(entry => entry with { Header = uint.MaxValue - 1 }), "zip directory");
        Refused(WithStorage(entry => entry with { Header = uint.MaxValue }), "without its 64-bit sizes");
        byte[] extra = [1, 0, 8, 0, 255, 255, 255, 255, 255, 255, 255, 255];
        Refused(WithStorage(entry => entry with { Header = uint.MaxValue, Extra = extra }), "at byte 18446744073709551615");
        Refused(WithStorage(entry => entry with { Size = 17, CompressedSize = 17 }), "found 17 bytes; expected 16 bytes for 4 Float32");
        Refused(WithStorage(entry => entry with { Size = 1 << 30, CompressedSize = 1 << 30 }), "zip directory");
        Refused(WithStorage(entry => entry with { CompressedSize = 1 }), "1 bytes for 16");
        Refused(WithStorage(entry => entry with { Flags = 1 }), "flags 0x0001");
    }

    [Fact]
    public void Open_DirectoryThatLies_IsRefused()
    {
        Refused(Plain().Finish(count: 1), "after the last entry");
        Refused(Plain().Finish(count: 3), "a directory within the file");
        Refused(Plain().Finish(count: 65534), "a directory within the file");
        Refused(Plain().Finish(count: 65535), "no end of a zip archive");
        Refused(Plain().Finish(size: 1 << 30), "in 1073741824 bytes");
        Refused(Plain().Finish(size: 1 << 20), "a directory within the file");
        Refused(Plain().Finish(start: 0), "found no entry");
        Refused(Plain().Finish(start: uint.MaxValue - 1), "a directory within the file");
        Refused(Plain().Finish(comment: "PK"), "without a comment");
        Refused([.. "PK\x5\x6"u8, .. new byte[18]], "no data.pkl");
    }

    [Fact]
    public void Open_BigEndianFile_IsRefused()
    {
        Refused(Plain().Add("archive/byteorder", "big"u8.ToArray()).Finish(), "found 'big'; expected 'little'");
        Refused(Plain().Add("archive/byteorder", new byte[100]).Finish(), "expected 'little'");
        using var checkpoint = PyTorchCheckpoint.Open(new MemorySource(Plain().Add("archive/byteorder", "little"u8.ToArray()).Finish()));
        Assert.Single(checkpoint.Tensors);
    }

    [Fact]
    public void Open_FileOfAnotherKind_SaysSo()
    {
        Refused([], "an empty file");
        Refused("{}"u8.ToArray(), "found something else");
        Refused("version https://git-lfs.github.com/spec/v1\n"u8.ToArray(), "a Git LFS pointer");
        Refused(PickleWriter.DictOf(writer => writer.Integer(1)), "expected torch.save's magic number");
        Refused("PK\x3\x4"u8.ToArray(), "no end of a zip archive");
    }

    [Fact]
    public void Open_FilesThatAreNotThere_AreTheCallersErrors() =>
        Assert.Throws<FileNotFoundException>(() => PyTorchCheckpoint.Open(Fixture.PathOf("pytorch", "none.pt")));

    [Theory]
    [InlineData("parameters.pth")]
    [InlineData("parameters_legacy.bin")]
    public void Open_FileCutShort_IsRefusedWhereverItIsCut(string name)
    {
        var bytes = File.ReadAllBytes(Fixture.PathOf("pytorch", name));
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<InvalidDataException>(() => PyTorchCheckpoint.Open(new MemorySource(bytes.AsMemory(0, length))));
    }

    [Theory]
    [InlineData("parameters.pth")]
    [InlineData("views.pth")]
    public void Read_AByteOfAnEntryHasChanged_IsRefusedByItsChecksum(string fixture)
    {
        var file = File.ReadAllBytes(Fixture.PathOf("pytorch", fixture));
        using (var whole = PyTorchCheckpoint.Open(new MemorySource(file)))
            ReadAll(whole);
        using var archive = new ZipArchive(new MemoryStream(file));
        foreach (var entry in archive.Entries.Where(
            entry => entry.Length > 0 && (entry.FullName.Contains("/data/", StringComparison.Ordinal) || entry.Name == "data.pkl")))
        {
            using var content = entry.Open();
            var bytes = new byte[entry.Length];
            content.ReadExactly(bytes);
            var changed = file.ToArray();
            var name = file.AsSpan().IndexOf(Encoding.UTF8.GetBytes(entry.FullName)); // in the entry's own header
            changed[name + file.AsSpan(name).IndexOf(bytes) + bytes.Length / 2] ^= 1;
            var error = Assert.Throws<InvalidDataException>(() =>
            {
                using var checkpoint = PyTorchCheckpoint.Open(new MemorySource(changed));
                ReadAll(checkpoint);
            });
            Assert.Contains($"zip entry '{entry.FullName}': found bytes of checksum", error.Message, StringComparison.Ordinal);
        }

        static void ReadAll(PyTorchCheckpoint checkpoint)
        {
            foreach (var tensor in checkpoint.Tensors.Values)
                checkpoint.Read(tensor.Name, new float[tensor.Count]);
        }
    }

    [Fact]
    public void Read_ArchiveWithoutChecksums_IsRead()
    {
        using var checkpoint = PyTorchCheckpoint.Open(new MemorySource(ZipWriter.Checkpoint(Pickle, Storage)));
        checkpoint.Read("w", new float[4]);
    }

    static ZipWriter Plain() => new ZipWriter().Add("archive/data.pkl", Pickle).Add("archive/data/0", Storage);

    static byte[] WithStorage(Func<ZipWriter.Entry, ZipWriter.Entry> lie) =>
        new ZipWriter().Add("archive/data.pkl", Pickle).Add("archive/data/0", Storage, lie).Finish();

    static void Refused(byte[] file, string found)
    {
        var error = Assert.Throws<InvalidDataException>(() => PyTorchCheckpoint.Open(new MemorySource(file)));
        Assert.StartsWith("test.pt, ", error.Message, StringComparison.Ordinal);
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
    }
}
