using System.Diagnostics;
using HeadScope.Data.Files;
using HeadScope.Jobs.Roots;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.Jobs.Tests.Roots;

/// <summary>Beside the root lie another of a similar name and a folder that links in the root lead to.</summary>
public sealed class RootedPathsTests : IDisposable
{
    const string Inside = "inside", Outside = "outside";

    readonly ITestOutputHelper _output;
    readonly TemporaryFolder _folder = new();
    readonly string _root;

    public RootedPathsTests(ITestOutputHelper output)
    {
        _output = output;
        _root = _folder.File("root");
        foreach (var file in new[] { "file", "sub/file", "sub/..file", "sub/file:x", "%2e%2e", "sub/deep/file" })
            Write($"root/{file}", Inside);
        foreach (var file in new[] { "root2/file", "outside/file", "outside/sub/file", "file" })
            Write(file, Outside);
        foreach (var (link, target) in new[]
        {
            ("root/to-file", "file"), ("root/to-sub", "sub"), ("root/sub/back", "../file"), ("root/absolute", _folder.File("root/sub")),
            ("root/out", "../outside"), ("root/out-file", "../outside/file"), ("root/out-absolute", _folder.File("outside")),
            ("root/up", ".."), ("root/sub/up", "../.."), ("root/around", "../outside/../root/sub"), ("root/self", "self"),
            ("root/nowhere", "../nothing"), ("root/system", "/"), ("root/handles", "/proc/self/fd"), ("root/process", "/proc/self/root"),
        })
            File.CreateSymbolicLink(_folder.File(link), target);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("file")]
    [InlineData("./sub/../file")]
    [InlineData("sub/..file")]
    [InlineData("sub/file:x")]
    [InlineData("%2e%2e")]
    [InlineData("to-file")]
    [InlineData("to-sub/file")]
    [InlineData("sub/back")]
    [InlineData("absolute/deep/file")]
    [InlineData("around/file")]
    public void Resolve_FileInTheRoot_IsReadUnderTheNameGiven(string named)
    {
        var path = new RootedPaths("thing", [_root]).Resolve(named);
        Assert.Equal(Inside, Read(path));
        Assert.Equal(named, path.Name);
    }

    [Theory]
    [InlineData("out/file")]
    [InlineData("out-file")]
    [InlineData("out-absolute/sub/file")]
    [InlineData("up/outside/file")]
    [InlineData("sub/up/outside/file")]
    [InlineData("to-sub/../../outside/file")]
    [InlineData("../root2/file")]
    [InlineData("self")]
    [InlineData("nowhere")]
    [InlineData("absent")]
    [InlineData(".")]
    [InlineData("up")]
    [InlineData("system/etc/passwd")]
    [InlineData("handles/0")]
    public void Resolve_FileElsewhere_IsRefused(string named)
    {
        var refused = Assert.Throws<InvalidDataException>((Action)(() => new RootedPaths("thing", [_root]).Resolve(named)));
        Assert.Contains($"'{named}': there is no such thing", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_root, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_AbsolutePath_MustLieInARootHoweverTheRootWasNamed()
    {
        File.CreateSymbolicLink(_folder.File("alias"), "root");
        foreach (var root in new[] { _root, _folder.File("alias"), $"{_root}/" })
        {
            var paths = new RootedPaths("thing", [_folder.File("none"), root]);
            Assert.Equal(Inside, Read(paths.Resolve($"{_root}/sub/file")));
            Assert.Equal("sub/file", paths.Find($"{_root}/sub/file")!.Name);
            foreach (var bad in new[] { $"{_root}2/file", _folder.File("outside/file"), $"{_root}/../outside/file", $"{_root}/out/file" })
                Assert.Throws<InvalidDataException>((Action)(() => paths.Resolve(bad)));
        }

        Assert.Equal(Inside, Read(new RootedPaths("thing", [_folder.File("alias")]).Resolve(_folder.File("alias/sub/file"))));
    }

    [Fact]
    public void Find_PathOfAnotherRoot_IsNotHere()
    {
        var paths = new RootedPaths("thing", [_root]);
        foreach (var elsewhere in new[] { _folder.File("root2/file"), _folder.File("outside/file"), $"{_root}/../outside/file", _root })
            Assert.Null(paths.Find(elsewhere));
        var led = paths.Find($"{_root}/out-file")!; // by its text it lies here
        Assert.Throws<InvalidDataException>(() => Read(led));
        Assert.Null(new RootedPaths("thing", []).Find($"{_root}/file"));
    }

    [Fact]
    public void Resolve_HostileNames_NeverReadWhatLiesElsewhere()
    {
        const int Seed = 20261, Names = 30_000;
        var random = new Random(Seed);
        var paths = new RootedPaths("thing", [_root]);
        var (read, refused, clock) = (0, 0, Stopwatch.StartNew());
        for (var i = 0; i < Names; i++)
        {
            var named = NextName(random);
            try
            {
                var path = paths.Resolve(named);
                if (!path.IsFolder)
                    Assert.True(Read(path) == Inside, $"seed {Seed}, name {i}: '{named}' was read");
                else
                    Assert.DoesNotContain("root2", path.FileNames());
                read++;
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        _output.WriteLine($"{read} names were read, {refused} refused, in {clock.Elapsed.TotalSeconds:F1} s.");
        Assert.True(read > Names / 100 && refused > Names / 2, $"{read} read, {refused} refused: the names are not those that matter");
    }

    /// <summary>Parts that exist and parts that lead away, joined and spoilt in ways that readers of paths have fallen for.</summary>
    string NextName(Random random)
    {
        const int InRoot = 11, LeadingOn = 24; // of the parts, the first so many
        string[] parts =
        [
            "file", "sub", "deep", "..file", "file:x", "to-file", "to-sub", "back", "absolute", "around", "..",
            "out", "out-file", "out-absolute", "up", "self", "nowhere", "system", "handles", "process", "..", "..", ".",
            "", "...", "....", ".. ", "~", "root", "root2", "outside", "%2e%2e", "%2e%2e%2f", "..%2f", "..%5c", "..\\", "\u2025",
            "\uff0e\uff0e", "..\u200b", "\u202e..", "..;", "0", "etc", "passwd", "tmp", "C:", "file\0", "\0", "..\0", "\n", "\ud800",
            new string('a', 300), _root, $"{_root}/..", $"{_root}2", _folder.File("outside"), "/", "//", "file://", "\\\\?\\",
        ];
        string[] joins = ["/", "/", "/", "//", "/./", "\\", ":", ""];
        var known = random.Next(3) == 0 ? InRoot : random.Next(2) == 0 ? LeadingOn : parts.Length;
        var name = new System.Text.StringBuilder(random.Next(8) switch { 0 => "/", 1 => $"{_root}/", 2 => "./", _ => "" });
        for (var count = random.Next(1, 8); count > 0; count--)
            name.Append(parts[random.Next(known)]).Append(count == 1 ? "" : joins[random.Next(joins.Length)]);
        return name.ToString();
    }

    static string Read(InputPath path)
    {
        using var reader = new StreamReader(new FileStream(path.Open(), FileAccess.Read));
        return reader.ReadToEnd();
    }

    void Write(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(name))!);
        File.WriteAllText(_folder.File(name), content);
    }
}
