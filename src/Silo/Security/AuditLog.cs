using System.Collections.Concurrent;

namespace HeadScope.Silo.Security;

/// <summary>Who did what, for the server's log: keys by their names, never a secret.</summary>
internal sealed partial class AuditLog(ILogger<AuditLog> logger, TimeProvider time)
{
    /// <summary>Requests carry a key each; one line stands for all of such a time.</summary>
    static readonly TimeSpan LoginInterval = TimeSpan.FromHours(1);

    /// <summary>Of how many it is remembered when they last came.</summary>
    const int MostRemembered = 10_000;

    readonly ConcurrentDictionary<(string Key, string Address), long> _seen = new();

    /// <summary>A key came from an address: said of the first request, and of one in an hour after it.</summary>
    public void Came(Caller caller)
    {
        if (caller.Key is null || (_seen.TryGetValue(
            (caller.Name, caller.Address), out var last) && time.GetElapsedTime(last) < LoginInterval))
            return;
        if (_seen.Count >= MostRemembered)
            _seen.Clear();
        if (_seen.TryAdd((caller.Name, caller.Address), time.GetTimestamp()) || _seen.TryUpdate(
            (caller.Name, caller.Address), time.GetTimestamp(), last))
            LoggedIn(caller.Name, Lower(caller.Role), caller.Address);
    }

    /// <summary>The key's role does not reach.</summary>
    public void Forbidden(Caller caller, HttpRequest request) =>
        Forbidden(caller.Name, Lower(caller.Role), caller.Address, request.Method, request.Path.ToUriComponent());

    public void UnknownKey(HttpContext context) =>
        UnknownKey(Caller.AddressOf(context), context.Request.Method, context.Request.Path.ToUriComponent());

    public void Submitted(Caller caller, string job) => Submitted(job, caller.Name, caller.Address);

    public void SubmittedAgain(Caller caller, string job) => SubmittedAgain(job, caller.Name, caller.Address);

    public void Changed(Caller caller, string job, int priority, bool paused) =>
        Changed(job, caller.Name, caller.Address, priority, paused);

    public void Cancelled(Caller caller, string job) => Cancelled(job, caller.Name, caller.Address);

    public void Purged(Caller caller, string job) => Purged(job, caller.Name, caller.Address);

    /// <summary>The key file was read again.</summary>
    public void KeysChanged(IReadOnlyList<ApiKey> before, IReadOnlyList<ApiKey> after)
    {
        foreach (var key in before.Except(after))
            KeyRemoved(key.Name, Lower(key.Role));
        foreach (var key in after.Except(before))
            KeyAdded(key.Name, Lower(key.Role));
    }

    static string Lower(Role role) => role.ToString().ToLowerInvariant();

    [LoggerMessage(LogLevel.Information, "Login: key {Key} ({Role}) from {Address}.")]
    partial void LoggedIn(string key, string role, string address);

    [LoggerMessage(LogLevel.Warning, "Refused: key {Key} ({Role}) from {Address} may not {Method} {Path}.")]
    partial void Forbidden(string key, string role, string address, string method, string path);

    [LoggerMessage(LogLevel.Warning, "Refused: an unknown key from {Address}, for {Method} {Path}.")]
    partial void UnknownKey(string address, string method, string path);

    [LoggerMessage(LogLevel.Information, "Job {Job}: submitted by {Key} from {Address}.")]
    partial void Submitted(string job, string key, string address);

    [LoggerMessage(LogLevel.Information, "Job {Job}: submitted again by {Key} from {Address}.")]
    partial void SubmittedAgain(string job, string key, string address);

    [LoggerMessage(LogLevel.Information, "Job {Job}: changed by {Key} from {Address}: priority {Priority}, paused {Paused}.")]
    partial void Changed(string job, string key, string address, int priority, bool paused);

    [LoggerMessage(LogLevel.Information, "Job {Job}: cancelled by {Key} from {Address}.")]
    partial void Cancelled(string job, string key, string address);

    [LoggerMessage(LogLevel.Information, "Job {Job}: purged by {Key} from {Address}.")]
    partial void Purged(string job, string key, string address);

    [LoggerMessage(LogLevel.Information, "Keys: {Key} ({Role}) was added.")]
    partial void KeyAdded(string key, string role);

    [LoggerMessage(LogLevel.Information, "Keys: {Key} ({Role}) was removed.")]
    partial void KeyRemoved(string key, string role);
}
