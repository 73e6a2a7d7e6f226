namespace HeadScope.Client.Tests.Server;

/// <summary>Verbs against one server, with a key, which nothing may show.</summary>
internal sealed class ServerClient(string address, string? key)
{
    readonly Dictionary<string, string> _environment = key is null ? [] : new() { ["HEADSCOPE_API_KEY"] = key };

    public HeadScopeProcess Start(params string[] arguments) => HeadScopeProcess.Start(_environment, [.. arguments, "--server", address]);

    public async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        var ended = await process.EndAsync();
        AssertSecretIsAbsent(ended.Output, ended.Error);
        return ended;
    }

    /// <summary>What it prints, when it ends as expected.</summary>
    public async Task<string> SaysAsync(int expected, string[] arguments)
    {
        var (code, output, error) = await RunAsync(arguments);
        Assert.True(code == expected, $"{arguments[0]} ended with {code}: {error}");
        return output;
    }

    /// <summary>What it complains of, when it ends as expected.</summary>
    public async Task<string> ErrorAsync(int expected, string[] arguments)
    {
        var (code, _, error) = await RunAsync(arguments);
        Assert.True(code == expected, $"{arguments[0]} ended with {code}: {error}");
        return error;
    }

    public void AssertSecretIsAbsent(params string[] texts)
    {
        if (key is not null)
            Assert.All(texts, text => Assert.DoesNotContain(key, text, StringComparison.Ordinal));
    }
}
