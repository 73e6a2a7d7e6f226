namespace HeadScope.Jobs.Store;

/// <summary>
/// A blob is there, and is not what it should be: damaged, of a newer version, too large, or no file at all. Reading it again gives the
/// same until somebody replaces it, so nobody tries again at once, and nobody writes into a job that has one.
/// </summary>
/// <param name="name">The blob's name in its store.</param>
/// <param name="reason">What was found, in half a sentence.</param>
/// <param name="remedy">What to do, in a sentence; null for what helps with any blob of a job.</param>
public sealed class UnreadableBlobException(string name, string reason, string? remedy = null, Exception? cause = null)
    : IOException($"{name}: {reason}. {remedy ?? AnyRemedy}", cause)
{
    const string AnyRemedy = "Restore it, or delete the job with 'headscope purge', which reads nothing of it.";

    /// <summary>The blob has more bytes than it can have.</summary>
    internal static UnreadableBlobException TooLarge(string name, long length, long most) =>
        new(name, $"it has {length:N0} bytes, and at most {most:N0} were expected");
}
