using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

/// <summary>Stores in a blob container.</summary>
public sealed class AzureTests
{
    [SkippableFact]
    public async Task Store_ThatCannotBeUsed_SaysWhyWithoutSecrets()
    {
        using var azurite = await Azurite.StartAsync();
        var endpoint = $"{azurite.Address}{Azurite.Account}";
        foreach (var (store, connection, message) in new[]
        {
            ("azure://jobs", "", "AZURE_STORAGE_CONNECTION_STRING is not set"),
            ("azure://jobs", azurite.ConnectionString(), "there is no such container"),
            ("azure://jobs", azurite.ConnectionString().Replace(azurite.Key, "c2VjcmV0", StringComparison.Ordinal), "access was denied"),
            ($"{endpoint}/jobs?sv=2022-11-02&sr=c&sp=rwdl&se=2099-01-01T00%3A00%3A00Z&sig=c2VjcmV0", "", "access was denied"),
            ($"{endpoint}/jobs", "", "without https"),
        })
        {
            var (code, output, error) = await HeadScopeProcess.RunAsync(
                new Dictionary<string, string> { ["AZURE_STORAGE_CONNECTION_STRING"] = connection }, "list", "--store", store, "--json");
            Assert.Equal(1, code);
            Assert.Contains(message, error, StringComparison.Ordinal);
            Assert.DoesNotContain("c2VjcmV0", output + error, StringComparison.Ordinal);
            Assert.DoesNotContain(azurite.Key, output + error, StringComparison.Ordinal);
        }
    }
}
