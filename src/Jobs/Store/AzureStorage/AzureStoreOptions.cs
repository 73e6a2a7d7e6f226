using Azure.Core;
using Azure.Storage.Blobs;

namespace HeadScope.Jobs.Store.AzureStorage;

/// <summary>How requests to a storage account are made.</summary>
public sealed record AzureStoreOptions
{
    /// <summary>
    /// Bytes of a block of a large blob, at least 1. The default value is 8 MiB, above which the service is at its fastest.
    /// </summary>
    public int BlockBytes { get; init; } = 8 << 20;

    /// <summary>Blobs asked for at a time when listing, from 1 to 5,000. The default value is 5,000.</summary>
    public int PageSize { get; init; } = 5000;

    /// <summary>How often a request is sent again before the store counts as failed. The default value is 8: about a minute.</summary>
    public int Retries { get; init; } = 8;

    /// <summary>The wait before the first retry; it doubles each time. The default value is 0.4 s.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(0.4);

    /// <summary>The longest wait between retries. The default value is 15 s.</summary>
    public TimeSpan LongestRetryDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long one request may take before it counts as lost. The default value is 60 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    internal BlobClientOptions Client()
    {
        // A version of the service's interface that emulators have too.
        var client = new BlobClientOptions(BlobClientOptions.ServiceVersion.V2026_06_06)
        {
            Retry = { Mode = RetryMode.Exponential, MaxRetries = Retries, Delay = RetryDelay, MaxDelay = LongestRetryDelay, NetworkTimeout = RequestTimeout },
        };
        client.AddPolicy(new WholeErrorsPolicy(), HttpPipelinePosition.PerRetry);
        return client;
    }
}
