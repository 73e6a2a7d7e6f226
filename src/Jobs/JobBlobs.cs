using System.Text.Json;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs;

/// <summary>
/// Reads the JSON blobs of jobs. Whatever one holds, reading it takes bounded memory and gives either what it should hold or an
/// <see cref="UnreadableBlobException"/> that says why not.
/// </summary>
public static class JobBlobs
{
    /// <summary>The most that a blob of a few fields can have, in bytes.</summary>
    public const int MostBytes = 1 << 20;

    /// <summary>What to do about a blob that a job can do without.</summary>
    public const string Dispensable = "Restore it, or delete this blob: the job goes on without.";

    /// <summary>What a blob holds, or null where there is none.</summary>
    /// <param name="fault">What does not hold of a value though it can be read, in half a sentence; null where all does.</param>
    /// <param name="most">How many bytes the blob can have.</param>
    /// <param name="remedy">What to do where it is unreadable; null for what helps with any blob of a job.</param>
    /// <exception cref="UnreadableBlobException">The blob is not what it should be.</exception>
    public static async Task<T?> TryReadAsync<T>(
        this IBlobStore store, string name, Func<T, string?> fault, CancellationToken cancellation, long most = MostBytes, string? remedy = null)
        where T : class => await store.TryReadAsync(name, most, cancellation).ConfigureAwait(false) is { } json ? Parse(json, name, fault, remedy) : null;

    /// <inheritdoc cref="TryReadAsync"/>
    public static T Parse<T>(byte[] json, string name, Func<T, string?> fault, string? remedy = null)
        where T : class
    {
        if (json.Length == 0)
            throw new UnreadableBlobException(name, "it is empty", remedy);
        T value;
        try
        {
            value = JsonSerializer.Deserialize<T>(json, JobJson.Options) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new UnreadableBlobException(name, JobJson.Fault<T>(e), remedy, e);
        }

        return fault(value) is { } what ? throw new UnreadableBlobException(name, what, remedy) : value;
    }
}
