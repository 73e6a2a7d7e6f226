using Azure.Storage.Sas;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Store.AzureStorage;
using HeadScope.Tests.Support;

namespace HeadScope.Jobs.Tests.Store;

/// <summary>From what a person writes to a store, or to a message that says what to write instead.</summary>
[Collection(AzuriteTests.Name)]
public sealed class BlobStoresTests(SharedAzurite azurite)
{
    const string Secret = "c2VjcmV0c2VjcmV0";
    const string Connection = $"DefaultEndpointsProtocol=https;AccountName=account;AccountKey={Secret};EndpointSuffix=core.windows.net";
    const string Sas = $"sv=2022-11-02&sr=c&sp=rwdl&sig={Secret}%3D";

    [Theory]
    [InlineData($"https://account.blob.core.windows.net/jobs?{Sas}", "https://account.blob.core.windows.net/jobs", "")]
    [InlineData($"azure:https://account.blob.core.windows.net/jobs/?{Sas}", "https://account.blob.core.windows.net/jobs", "")]
    [InlineData($"https://account.blob.core.windows.net/jobs/a/b/?{Sas}", "https://account.blob.core.windows.net/jobs/a/b", "a/b/")]
    [InlineData("https://account.blob.core.windows.net/jobs/a", "https://account.blob.core.windows.net/jobs/a", "a/")]
    [InlineData($"http://127.0.0.1:4711/account/jobs/a?{Sas}", "http://127.0.0.1:4711/account/jobs/a", "a/")]
    [InlineData("azure://jobs", "https://account.blob.core.windows.net/jobs", "")]
    [InlineData("AZURE://jobs/a/b", "https://account.blob.core.windows.net/jobs/a/b", "a/b/")]
    public void Parse_Location_ShowsWhereWithoutSecrets(string text, string display, string prefix)
    {
        Assert.True(AzureLocation.Matches(text));
        var location = AzureLocation.Parse(text, name => name == AzureLocation.ConnectionStringVariable ? Connection : null);
        Assert.Equal(display, location.Display);
        Assert.Equal(prefix, location.Prefix);
    }

    [Fact]
    public void Parse_SignatureInTheEnvironment_IsUsed()
    {
        var location = AzureLocation.Parse(
            "https://account.blob.core.windows.net/jobs", name => name == AzureLocation.SasVariable ? $"?{Sas}" : null);
        Assert.Equal($"?{Sas}", location.Connect(new()).Uri.Query);
        Assert.Equal("https://account.blob.core.windows.net/jobs", location.Display);
    }

    [Theory]
    [InlineData($"https://account.blob.core.windows.net/?{Sas}", "'' is not the name of a container")]
    [InlineData($"https://account.blob.core.windows.net/My_Jobs?{Sas}", "'My_Jobs' is not the name of a container")]
    [InlineData($"https://user:{Secret}@account.blob.core.windows.net/jobs", "not the URL of a container")]
    [InlineData($"https://?{Sas}", "not the URL of a container")]
    [InlineData("azure:ftp://account/jobs", "not the URL of a container")]
    [InlineData("azure:jobs", "not the URL of a container")]
    [InlineData($"azure://jobs?{Sas}", "without a query")]
    [InlineData("https://account.blob.core.windows.net/jobs?sv=2022-11-02", "no 'sig='")]
    [InlineData("http://127.0.0.1:4711/account/jobs", "without https")]
    [InlineData("azure://x", "'x' is not the name of a container")]
    [InlineData("azure://jobs", "is not a connection string", Secret)]
    [InlineData("azure://jobs", $"{AzureLocation.ConnectionStringVariable} is not set", "")]
    public void Parse_NoLocation_SaysWhatWasExpectedWithoutSecrets(string text, string message, string connection = Connection)
    {
        var fault = Assert.Throws<StoreException>(
            () => AzureLocation.Parse(text, name => name == AzureLocation.ConnectionStringVariable ? connection : null));
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, fault.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://account.blob.core.windows.net/jobs/a//b")]
    [InlineData("azure://jobs/../other")]
    public void Parse_PrefixThatLeadsElsewhere_IsRefused(string text) =>
        Assert.Throws<ArgumentException>(
            () => AzureLocation.Parse(text, name => name == AzureLocation.ConnectionStringVariable ? Connection : null));

    [Fact]
    public async Task Open_Folder_IsMadeIfItMayBe()
    {
        using var folder = new TemporaryFolder();
        var fault = await Assert.ThrowsAsync<StoreException>(() => BlobStores.OpenAsync(folder.File("store"), create: false));
        Assert.Contains("no such folder", fault.Message, StringComparison.Ordinal);
        var store = await BlobStores.OpenAsync(folder.File("store"), create: true);
        await store.WriteAsync("a", new byte[1]);
        Assert.True(await (await BlobStores.OpenAsync(folder.File("store"), create: false)).ExistsAsync("a"));
    }

    [SkippableFact]
    public async Task Open_Container_IsMadeIfItMayBe()
    {
        var container = SharedAzurite.NewContainer();
        var fault = await Assert.ThrowsAsync<StoreException>(() => azurite.OpenAsync(container, create: false));
        Assert.Contains($"{container}: there is no such container", fault.Message, StringComparison.Ordinal);
        await (await azurite.OpenAsync(container)).WriteAsync("a", new byte[1]);
        Assert.True(await (await azurite.OpenAsync(container)).ExistsAsync("a"));
    }

    [SkippableFact]
    public async Task Open_TwoPrefixesOfOneContainer_KeepApart()
    {
        var container = SharedAzurite.NewContainer();
        var (one, other, all) = (await azurite.OpenAsync($"{container}/a"), await azurite.OpenAsync($"{container}/ab"), await azurite.OpenAsync(container));
        await one.WriteAsync("x", new byte[1]);
        await other.WriteAsync("y", new byte[1]);
        Assert.Equal(["x"], await NamesAsync(one));
        Assert.Equal(["y"], await NamesAsync(other));
        Assert.Equal(["a/x", "ab/y"], await NamesAsync(all));
    }

    [SkippableFact]
    public async Task Open_Signature_AllowsWhatItSaysAndNoMessageTellsIt()
    {
        var container = SharedAzurite.NewContainer();
        var tomorrow = DateTimeOffset.UtcNow.AddDays(1);
        const BlobContainerSasPermissions All = BlobContainerSasPermissions.All;
        // A signature for a container cannot create it.
        await MayNotAsync(await azurite.SasAsync(container, All, tomorrow), "no such container", create: true);
        await (await azurite.OpenAsync(container)).WriteAsync("there", new byte[1]);

        var (store, _) = await OpenAsync(await azurite.SasAsync(container, All, tomorrow), create: true);
        Assert.True(await store.TryCreateAsync("a", new byte[1]));
        await store.WriteAsync("b", new byte[5000]);
        await store.DeleteAsync("a");
        Assert.Equal(["b", "there"], await NamesAsync(store));

        await MayNotAsync(await azurite.SasAsync(container, All, DateTimeOffset.UtcNow.AddDays(-1)), "access was denied");
        var forged = await azurite.SasAsync(container, All, tomorrow);
        await MayNotAsync(new Uri(forged.ToString().Replace("sp=", "sp=x", StringComparison.Ordinal)), "access was denied");
        var (readOnly, secret) = await OpenAsync(await azurite.SasAsync(
            container, BlobContainerSasPermissions.Read | BlobContainerSasPermissions.List, tomorrow), create: false);
        Assert.True(await readOnly.ExistsAsync("b"));
        foreach (var write in new Func<Task>[] { () => readOnly.TryCreateAsync("c", new byte[1]), () => readOnly.WriteAsync("c", new byte[5000]), () => readOnly.DeleteAsync("b") })
        {
            var fault = await Assert.ThrowsAsync<StoreException>(write);
            Assert.Contains("access was denied", fault.Message, StringComparison.Ordinal);
            Assert.Contains("may it read, add, create, write, delete and list?", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, fault.ToString(), StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task Open_WrongKey_IsDeniedAndNotTold()
    {
        var connection = (await azurite.ServerAsync()).ConnectionString()
            .Replace((await azurite.ServerAsync()).Key, Secret, StringComparison.Ordinal);
        var location = AzureLocation.Parse("azure://jobs", _ => connection);
        var fault = await Assert.ThrowsAsync<StoreException>(() => AzureBlobStore.OpenAsync(location, create: true, SharedAzurite.Quick));
        Assert.Contains("access was denied (403 AuthorizationFailure)", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, fault.ToString(), StringComparison.Ordinal);
    }

    static async Task MayNotAsync(Uri url, string message, bool create = false)
    {
        var fault = await Assert.ThrowsAsync<StoreException>(() => OpenAsync(url, create));
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(SignatureOf(url), fault.ToString(), StringComparison.Ordinal);
    }

    static async Task<(IBlobStore Store, string Secret)> OpenAsync(Uri url, bool create) =>
        (await AzureBlobStore.OpenAsync(AzureLocation.Parse(url.AbsoluteUri, _ => null), create, SharedAzurite.Quick), SignatureOf(url));

    static string SignatureOf(Uri url) => url.Query.Split("sig=")[1].Split('&')[0];

    static async Task<List<string>> NamesAsync(IBlobStore store)
    {
        var names = new List<string>();
        await foreach (var blob in store.ListAsync(""))
            names.Add(blob.Name);
        return names;
    }
}
