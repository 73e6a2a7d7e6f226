using System.Diagnostics;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Server;

/// <summary>The commands under "A server" in the README, as a shell runs them.</summary>
public sealed class ReadmeTests : IDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task AServer_EveryCommandWorks()
    {
        Skip.IfNot(File.Exists("/bin/bash"), "There is no bash.");
        foreach (var program in new[] { "headscope", "headscope-silo" })
            WriteScript($"bin/{program}", $"exec dotnet {HeadScopeProcess.Program(program)} \"$@\"");
        Fixture.Copy(_folder.File("models/pythia-70m"), "neox-tiny", "model");
        Directory.CreateDirectory(_folder.File("tokens"));
        File.Copy(Fixture.PathOf("neox-tiny", "inputs.safetensors"), _folder.File("tokens/pile.safetensors"));

        // The address is the default, which a server of this machine may have.
        var address = $"http://127.0.0.1:{Ports.Free()}";
        var commands = Section("## A server").Replace("bin/headscope serve ", $"bin/headscope serve --listen {address} ", StringComparison.Ordinal).Replace("http://127.0.0.1:8470", address, StringComparison.Ordinal);
        WriteScript("commands", $"set -euo pipefail\n{commands}\nkill $!\nwait $!");
        using var shell = Process.Start(new ProcessStartInfo(_folder.File("commands")) { WorkingDirectory = _folder.File(""), RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = Task.WhenAll(shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await shell.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!shell.HasExited)
                shell.Kill(entireProcessTree: true);
        }

        Assert.True(shell.ExitCode == 0, string.Join('\n', await said));
        Assert.True(File.Exists(_folder.File("results/head_df.csv")));
    }

    /// <summary>The first block of shell commands of a section.</summary>
    static string Section(string heading)
    {
        var lines = File.ReadAllLines(Fixture.PathOf("..", "..", "README.md")).SkipWhile(line => line != heading)
            .SkipWhile(line => line != "```sh").Skip(1).TakeWhile(line => line != "```");
        return string.Join('\n', lines);
    }

    void WriteScript(string name, string commands)
    {
        var path = _folder.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"#!/bin/bash\n{commands}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
