namespace HeadScope.Tests.Support;

/// <summary>A folder of a test's own, gone when the test is.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("headscope-test-");

    /// <summary>Where a file of this name would lie. With forward slashes, for SQL and scripts.</summary>
    public string File(string name) => Path.Combine(_folder.FullName, name).Replace('\\', '/');

    public void Dispose() => _folder.Delete(recursive: true);
}
