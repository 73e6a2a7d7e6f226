namespace HeadScope.Client.Sources;

/// <summary>A server did not do what was asked; the message says which, what it answered, and what to do. It never holds a key.</summary>
internal sealed class ServerException(string message, Exception? cause = null) : IOException(message, cause)
{
    /// <summary>Whether the same request may succeed later: there was no answer, or one that says so.</summary>
    public bool IsTransient { get; init; }

    /// <summary>How long the server asked to wait before that.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
