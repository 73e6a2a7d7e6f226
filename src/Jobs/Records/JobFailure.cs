using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Records;

/// <summary>Why a job failed, as its folder says.</summary>
public sealed record JobFailure(string Unit, int Attempts, string Message, DateTimeOffset When)
{
    /// <summary>A cause may quote much; whoever lists jobs reads all of it.</summary>
    const int MostCharacters = 10_000;

    /// <summary>Null where the job has not failed.</summary>
    /// <exception cref="UnreadableBlobException">It has, and nobody can read why.</exception>
    public static async Task<JobFailure?> TryReadAsync(IBlobStore store, JobFolder folder, CancellationToken cancellation) =>
        await store.TryReadAsync(folder.Failed, JobBlobs.MostBytes, cancellation)
            .ConfigureAwait(false) is { } json ? JobBlobs.Failure(folder, json) : null;

    /// <summary>As a blob.</summary>
    public byte[] ToJson() =>
        JobJson.Write(Message.Length <= MostCharacters ? this : this with { Message = $"{Message[..MostCharacters]}..." });
}
