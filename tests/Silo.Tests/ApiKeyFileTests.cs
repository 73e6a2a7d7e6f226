using HeadScope.Silo.Security;
using HeadScope.Tests.Support;

namespace HeadScope.Silo.Tests;

/// <summary>The file of keys, among people and processes that change it.</summary>
public sealed class ApiKeyFileTests : IDisposable
{
    const string Hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    readonly TemporaryFolder _folder = new();

    string Path => _folder.File("keys.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AddAndRemove_AtTheSameTime_LoseNothing()
    {
        const int Each = 12;
        foreach (var i in Enumerable.Range(0, Each))
            Open().Add($"old-{i}", Role.Reader);
        await Task.WhenAll(Enumerable.Range(0, Each).SelectMany(i => new[]
        {
            Task.Factory.StartNew(() => Open().Remove($"old-{i}"), default, TaskCreationOptions.LongRunning, TaskScheduler.Default),
            Task.Factory.StartNew(
                () => Open().Add($"new-{i}", Role.Reader), default, TaskCreationOptions.LongRunning, TaskScheduler.Default),
        }));
        Assert.Equal(Enumerable.Range(0, Each).Select(i => $"new-{i}").Order(), Open().Keys.Select(key => key.Name).Order());
    }

    [Fact]
    public void Add_AnotherProcessHasJustAdded_KeepsBoth()
    {
        var mine = Open();
        mine.Add("mine", Role.Reader);
        Assert.Single(mine.Keys);
        Open().Add("theirs", Role.Reader);
        mine.Add("more", Role.Reader); // within the second in which a change is noticed
        Assert.Equal(["mine", "theirs", "more"], Open().Keys.Select(key => key.Name));
    }

    [Theory]
    [InlineData("role", "99")]
    [InlineData("role", "\"99\"")]
    [InlineData("role", "\"submitter, admin\"")]
    [InlineData("role", "\"owner\"")]
    [InlineData("role", "null")]
    [InlineData("name", "\"a\\nb\"")]
    [InlineData("name", "\"\"")]
    [InlineData("hash", "\"\"")]
    [InlineData("hash", "\"0123\"")]
    public void Keys_KeyThatIsNone_IsRefused(string field, string value)
    {
        var fields = new Dictionary<string, string>
        {
            ["name"] = "\"me\"",
            ["role"] = "\"reader\"",
            ["hash"] = $"\"{Hash}\"",
            ["created"] = "\"2025-01-01T00:00:00+00:00\"",
        };
        Write(fields);
        Assert.Equal("me", Assert.Single(Open().Keys).Name);
        fields[field] = value;
        Write(fields);
        Assert.Contains("keys.json", Assert.Throws<InvalidDataException>(() => Open().Keys).Message, StringComparison.Ordinal);

        void Write(Dictionary<string, string> key)
        {
            File.WriteAllText(Path, $$"""{"keys":[{{{string.Join(',', key.Select(pair => $"\"{pair.Key}\":{pair.Value}"))}}}]}""");
            Permit(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [SkippableTheory]
    [InlineData(UnixFileMode.OtherRead, false)]
    [InlineData(UnixFileMode.OtherWrite, false)]
    [InlineData(UnixFileMode.GroupRead, false)]
    [InlineData(UnixFileMode.GroupWrite, false)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite, true)]
    public void Keys_FileThatOthersMayRead_IsRefused(UnixFileMode more, bool expected)
    {
        Skip.If(OperatingSystem.IsWindows(), "files have no modes");
        Open().Add("me", Role.Reader);
        Permit(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | more);
        if (expected)
            Assert.Single(Open().Keys);
        else
            Assert.Contains($"chmod 600 {Path}", Assert.Throws<InvalidDataException>(() => Open().Keys).Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// So Kubernetes mounts a secret: read-only, for the group of the pod, through links of which one is turned to what is new.
    /// </summary>
    [SkippableFact]
    public void Keys_MountedAsASecret_AreReadAndReadAgain()
    {
        Skip.If(OperatingSystem.IsWindows(), "files have no modes");
        var time = new Clock();
        foreach (var (version, name) in new[] { ("1", "first"), ("2", "second") })
        {
            Directory.CreateDirectory(_folder.File(version));
            new ApiKeyFile(_folder.File($"{version}/keys.json"), TimeProvider.System).Add(name, Role.Reader);
            Permit(_folder.File($"{version}/keys.json"), UnixFileMode.UserRead | UnixFileMode.GroupRead);
        }

        File.SetLastWriteTimeUtc(_folder.File("2/keys.json"), DateTime.UtcNow.AddSeconds(5));
        File.CreateSymbolicLink(_folder.File("..data"), "1");
        File.CreateSymbolicLink(Path, "..data/keys.json");
        var mounted = new ApiKeyFile(Path, time);
        Assert.Equal("first", Assert.Single(mounted.Keys).Name);
        Directory.Delete(_folder.File("..data"));
        File.CreateSymbolicLink(_folder.File("..data"), "2");
        time.Now += TimeSpan.FromSeconds(2);
        Assert.Equal("second", Assert.Single(mounted.Keys).Name);
    }

    ApiKeyFile Open() => new(Path, TimeProvider.System);

    static void Permit(string file, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, mode);
    }

    sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long GetTimestamp() => Now.Ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    }
}
