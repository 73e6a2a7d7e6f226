namespace HeadScope.Silo.Hosting;

/// <summary>Why the engine ended, where that was a fault: the server ends with it, and says so with its exit code.</summary>
internal sealed class EngineFault
{
    volatile Exception? _cause;

    /// <summary>Null while nothing is wrong, and when the server was told to stop.</summary>
    public Exception? Cause => _cause;

    public void Note(Exception cause) => _cause = cause;
}
