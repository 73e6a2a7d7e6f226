namespace HeadScope.Client.Output;

/// <summary>What a process says to whoever started it.</summary>
public static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int BadArguments = 2;
    public const int JobFailed = 3;
    public const int Interrupted = 130;
}
