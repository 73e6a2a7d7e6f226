namespace HeadScope.Client.Tests.Chaos;

/// <summary>Processes that share work. Each may be killed, and is started again at once, or be held up for a while.</summary>
/// <param name="mayEnd">Whether one may end by itself, as a silo does that the others hold for dead; it is started again, as its supervisor
/// would.</param>
/// <param name="starts">Starts each.</param>
internal sealed class Swarm(bool mayEnd, params Func<HeadScopeProcess>[] starts) : IDisposable
{
    const int Terminated = 128 + 15; // by SIGTERM
    const int Aborted = 128 + 6; // by itself: so ends a silo that learns that the others hold it for dead

    readonly HeadScopeProcess[] _members = [.. starts.Select(start => start())];
    readonly HashSet<HeadScopeProcess> _replaced = [];
    readonly List<string> _said = [];

    public int Count => _members.Length;

    /// <summary>How many ended by themselves.</summary>
    public int Ends { get; private set; }

    /// <summary>What all of them have said, the dead too.</summary>
    public string Said => string.Join('\n', [.. _said, .. _members.Select((member, i) => $"--- {i}: {member.Said}")]);

    /// <summary>Sees to those that have ended.</summary>
    public void Look()
    {
        for (var i = 0; i < Count; i++)
        {
            if (!_members[i].HasEnded)
                continue;
            var code = _members[i].ExitCode;
            if (_replaced.Remove(_members[i]))
            {
                AssertEnded(i, code, _members[i].Said);
                StartAgain(i, "replaced");
                continue;
            }

            Assert.True(mayEnd, $"{i} ended with {code}");
            Assert.True(code != 0, $"{i} ended by itself with code 0: its supervisor would think it had been told to");
            Ends++;
            StartAgain(i, $"ended with {code}");
        }
    }

    public void Kill(int i)
    {
        _members[i].Kill();
        StartAgain(i, "killed");
    }

    /// <summary>Tells one to stop; another is started when it has.</summary>
    public void Replace(int i)
    {
        _replaced.Add(_members[i]);
        _members[i].Continue();
        _members[i].Terminate();
    }

    /// <summary>Holds a process up. Returns what lets it go on, if it has not been killed meanwhile.</summary>
    public Action Stop(int i)
    {
        var stopped = _members[i];
        stopped.Stop();
        return () =>
        {
            if (_members[i] == stopped)
                stopped.Continue();
        };
    }

    /// <summary>Tells all to stop as a scheduler would, and sees that they do.</summary>
    public async Task EndAsync()
    {
        foreach (var member in _members)
            member.Continue();
        Look();
        foreach (var member in _members)
            member.Terminate();
        for (var i = 0; i < Count; i++)
            await EndAsync(i);
    }

    public void Dispose()
    {
        foreach (var member in _members)
            member.Dispose();
    }

    async Task EndAsync(int i)
    {
        _members[i].Terminate();
        var (code, output, error) = await _members[i].EndAsync();
        AssertEnded(i, code, output + error);
    }

    /// <summary>
    /// One that was told to end did so in order. One that had just been started may not have come to where it listens to signals.
    /// </summary>
    void AssertEnded(int i, int code, string said) =>
        Assert.True(
            code == 0 || (code == Terminated && said.Trim().Length == 0) || (code == Aborted && mayEnd), $"{i} ended with {code}: {said}");

    void StartAgain(int i, string why)
    {
        _said.Add($"--- {i}, {why}: {_members[i].Said}");
        _members[i].Dispose();
        _members[i] = starts[i]();
    }
}
