using System.Diagnostics;
using HeadScope.Data.Files;
using HeadScope.Data.Weights;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Files;

public sealed class InputPathTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public InputPathTests()
    {
        foreach (var (file, content) in new[] { ("root/file", "inside"), ("outside/file", "outside") })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(file))!);
            File.WriteAllText(_folder.File(file), content);
        }
    }

    string Root => RealPath.OfFolder(_folder.File("root"));

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Open_NotARegularFile_IsRefusedAtOnce()
    {
        Skip.If(OperatingSystem.IsWindows(), "has no such files");
        using (var mkfifo = Process.Start("mkfifo", [_folder.File("root/fifo")]))
            mkfifo.WaitForExit();
        File.CreateSymbolicLink(_folder.File("root/zero"), "/dev/zero");
        Directory.CreateDirectory(_folder.File("root/folder"));
        var clock = Stopwatch.StartNew();
        foreach (var name in new[] { "fifo", "zero", "folder" })
        {
            var file = _folder.File($"root/{name}");
            foreach (var path in new[] { InputPath.Anywhere(file), InputPath.Within([Root, "/dev"], file, name) })
                Assert.Contains("only regular files are read", Assert.Throws<InvalidDataException>(() => path.Open()).Message);
        }

        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 10);
    }

    [Fact]
    public void Open_AbsentOrElsewhere_IsRefusedAlikeWhereFoldersArePrescribed()
    {
        File.CreateSymbolicLink(_folder.File("root/elsewhere"), _folder.File("outside/file"));
        File.CreateSymbolicLink(_folder.File("root/nowhere"), _folder.File("outside/nothing"));
        string[] messages = [.. new[] { "elsewhere", "nowhere", "absent" }.Select(name =>
            Assert.Throws<InvalidDataException>(() => InputPath.Within([Root], _folder.File($"root/{name}"), "it").Open()).Message)];
        Assert.Single(messages.Distinct());
        Assert.DoesNotContain(_folder.File(""), messages[0], StringComparison.Ordinal);

        Assert.Equal("outside", Read(InputPath.Anywhere(_folder.File("root/elsewhere"))));
        var absent = _folder.File("root/absent");
        Assert.Contains(absent, Assert.Throws<FileNotFoundException>(() => InputPath.Anywhere(absent).Open()).Message);
    }

    [SkippableFact]
    public void Open_LinkThatIsTurnedAllTheTime_NeverReadsWhatLiesElsewhere()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "files are held on Linux only");
        var path = _folder.File("root/turning");
        File.CreateSymbolicLink(path, "file");
        using var stop = new CancellationTokenSource();
        var turning = Task.Run(() =>
        {
            for (var turn = 0; !stop.IsCancellationRequested; turn++)
            {
                File.CreateSymbolicLink(_folder.File("root/next"), turn % 2 == 0 ? _folder.File("outside/file") : "file");
                File.Move(_folder.File("root/next"), path, overwrite: true);
            }
        });
        var (read, refused) = (0, 0);
        for (var clock = Stopwatch.StartNew(); (read < 500 || refused < 500) && clock.Elapsed < TimeSpan.FromSeconds(60);)
        {
            try
            {
                Assert.Equal("inside", Read(InputPath.Within([Root], path, "turning")));
                read++;
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        stop.Cancel();
        turning.Wait();
        Assert.True(read > 100 && refused > 100, $"{read} were read and {refused} refused: the link did not turn");
    }

    [Fact]
    public void FileNames_FolderElsewhere_AreNotListed()
    {
        Directory.CreateSymbolicLink(_folder.File("root/folder"), _folder.File("outside"));
        Assert.Throws<InvalidDataException>(() => InputPath.Within([Root], _folder.File("root/folder"), "folder").FileNames());
        Assert.Equal(["file"], InputPath.Anywhere(_folder.File("root/folder")).FileNames());
    }

    [Fact]
    public void Read_FileThatIsCutShortWhileItIsOpen_IsAnError()
    {
        var path = _folder.File("weights.safetensors");
        SafetensorsWriter.Write(path, [new StoredTensor("w", [1 << 16], new float[1 << 16])]);
        using var file = SafetensorsFile.Open(path);
        using (var writer = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            writer.SetLength(4096);
        Assert.Throws<InvalidDataException>(() => file.Read("w", new float[1 << 16]));
    }

    static string Read(InputPath path)
    {
        using var reader = new StreamReader(new FileStream(path.Open(), FileAccess.Read));
        return reader.ReadToEnd();
    }
}
