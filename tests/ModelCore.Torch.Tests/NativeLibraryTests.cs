using HeadScope.ModelCore.Torch.Native;

namespace HeadScope.ModelCore.Torch.Tests;

public class NativeLibraryTests
{
    /// <summary>The library of Linux lies beside the tests on every system.</summary>
    static byte[] OfLinux =>
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so"));

    [Fact]
    public void Weaken_AVersionThatIsAskedFor_ChangesItsFlagAlone()
    {
        var library = OfLinux;
        var before = library.ToArray();
        Assert.True(ElfVersions.Weaken(library, TorchSharpLibrary.StreamVersion));
        var changed = Assert.Single(Enumerable.Range(0, library.Length), i => library[i] != before[i]);
        Assert.Equal((0, 2), (before[changed], library[changed]));
    }

    [Fact]
    public void Weaken_AVersionThatIsNot_ChangesNothing()
    {
        var library = OfLinux;
        Assert.False(ElfVersions.Weaken(library, "GLIBCXX_3.4.99"));
        Assert.Equal(OfLinux, library);
    }

    [Theory]
    [InlineData(
        "/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /app/libLibTorchSharp.so)",
        "libLibTorchSharp.so needs a newer libstdc++.so.6 than this system's, which lacks GLIBCXX_3.4.32: use Debian 13")]
    [InlineData(
        "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by /app/libLibTorchSharp.so)",
        "libLibTorchSharp.so needs a newer libc.so.6 than this system's, which lacks GLIBC_2.34: use Debian 13")]
    [InlineData(
        "libcudart.so.12: cannot open shared object file: No such file or directory",
        "libLibTorchSharp.so needs libcudart.so.12, which was not found: install it")]
    [InlineData("/app/libLibTorchSharp.so: file too short", "/app/libLibTorchSharp.so cannot be loaded: /app/libLibTorchSharp.so: file too short")]
    public void Explain_WhatTheLoaderSays_IsOneLineWithARemedy(string reason, string expected)
    {
        var message = $"Unable to load shared library 'X' or one of its dependencies. Consider LD_DEBUG: \n{reason}\n";
        var explained = LoadFault.Explain("/app/libLibTorchSharp.so", message);
        Assert.StartsWith(expected, explained, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', explained);
    }
}
