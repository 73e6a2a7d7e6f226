namespace HeadScope.Data.Hub;

/// <summary>Whose fault it is that something cannot be had from the hub.</summary>
public enum HubFault
{
    /// <summary>The hub answered no, or what is asked for cannot be: the same request will be refused again.</summary>
    Refused,

    /// <summary>No answer: the network, a hub that is down or busy, or offline mode.</summary>
    Unreachable,

    /// <summary>What came is not what was announced.</summary>
    Damaged,

    /// <summary>It does not fit onto this machine.</summary>
    NoRoom,
}

/// <summary>Something cannot be had from the hub; the message says what, from where, and what to do. It never holds a token.</summary>
public sealed class HubException(HubFault fault, string message, Exception? cause = null) : IOException(message, cause)
{
    public HubFault Fault => fault;

    /// <summary>Whether the same request may succeed a little later.</summary>
    internal bool IsTransient { get; init; }

    /// <summary>How long the hub asked to wait before that.</summary>
    internal TimeSpan? RetryAfter { get; init; }
}
