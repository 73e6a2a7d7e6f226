using System.Diagnostics;
using System.Globalization;
using HeadScope.Client.Tests.Server;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Deploy;

/// <summary>Starts processes with the arguments that a file under deploy/ gives them, over folders and at ports of this machine.</summary>
internal sealed class DeployedProcess : IDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    readonly HeadScopeProcess _process;
    readonly HttpClient _http;

    DeployedProcess(HeadScopeProcess process, string address) =>
        (_process, _http) = (process, new HttpClient { BaseAddress = new Uri(address) });

    /// <summary>Makes the folders that the files mount, with a key file and a certificate of a silo.</summary>
    /// <returns>A key of the role reader.</returns>
    public static async Task<string> PrepareAsync(TemporaryFolder folder)
    {
        foreach (var name in new[] { "data/models", "data/tokens", "keys" })
            Directory.CreateDirectory(folder.File(name));
        using var keys = new ServerProcess();
        var secret = keys.AddKey("prober", "reader");
        File.Copy(keys.KeyFile, folder.File("keys/keys.json"));
        Assert.Equal(0, (await HeadScopeProcess.RunServerAsync("certificate", "--out", folder.File("keys"))).Code);
        return secret;
    }

    /// <param name="more">Options that a container does not need, and processes that share a machine do.</param>
    public static DeployedProcess StartSilo(
        TemporaryFolder folder, IReadOnlyDictionary<string, string> environment, string[] arguments, params string[] more)
    {
        var port = Ports.Free().ToString(CultureInfo.InvariantCulture);
        var here = arguments.Select(argument => argument
            .Replace("/data/", folder.File("data/"), StringComparison.Ordinal).Replace(
                "/keys/", folder.File("keys/"), StringComparison.Ordinal)
            .Replace("$(HEADSCOPE_STORE)", folder.File("data/store"), StringComparison.Ordinal)
            .Replace("--backend=torch", "--backend=managed", StringComparison.Ordinal) // the tests' programs have no libtorch, and the probes are the same
            .Replace("8470", port, StringComparison.Ordinal));
        return new DeployedProcess(HeadScopeProcess.StartServer(environment, [.. here, .. more]), $"http://127.0.0.1:{port}");
    }

    public async Task AnswersAsync(IEnumerable<string> paths)
    {
        var waited = Stopwatch.StartNew();
        foreach (var path in paths)
        {
            while (!await AnswersAsync(path))
                Assert.True(waited.Elapsed < Limit && !_process.HasEnded, $"{path} is not answered: {_process.Said}");
        }
    }

    /// <summary>Tells it to stop, and sees that it does.</summary>
    public async Task StopAsync()
    {
        _process.Terminate();
        var (code, _, error) = await _process.EndAsync();
        Assert.True(code == 0, error);
    }

    public void Dispose()
    {
        _http.Dispose();
        _process.Dispose();
    }

    /// <summary>Whether it answers well, once.</summary>
    public async Task<bool> AnswersAsync(string path, string? key = null)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (key is not null)
                request.Headers.Add("X-Api-Key", key);
            using var response = await _http.SendAsync(request);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            await Task.Delay(50); // it does not listen yet
            return false;
        }
    }
}
