namespace HeadScope.Client.Tests.Chaos;

/// <summary>Processes that share work. Each may be killed, and is started again at once, or be held up for a while.</summary>
/// <param name="starts">Starts each.</param>
internal sealed class Swarm(params Func<HeadScopeProcess>[] starts) : IDisposable
{
    const int Terminated = 128 + 15; // by SIGTERM

    readonly HeadScopeProcess[] _members = [.. starts.Select(start => start())];
    readonly List<string> _said = [];

    public int Count => _members.Length;

    /// <summary>What all of them have said, the dead too.</summary>
    public string Said => string.Join('\n', [.. _said, .. _members.Select((member, i) => $"--- {i}: {member.Said}")]);

    /// <summary>Those that ended though nobody told them to.</summary>
    public IEnumerable<int> Ended => Enumerable.Range(0, Count).Where(i => _members[i].HasEnded);

    public void Kill(int i)
    {
        _members[i].Kill();
        _said.Add($"--- {i}, killed: {_members[i].Said}");
        _members[i].Dispose();
        _members[i] = starts[i]();
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
        {
            member.Continue();
            member.Terminate();
        }

        foreach (var member in _members)
        {
            // One that had just been started may not have come to where it listens to signals.
            var (code, output, error) = await member.EndAsync();
            Assert.True(code == 0 || (code == Terminated && (output + error).Length == 0), $"ended with {code}: {output}{error}");
        }
    }

    public void Dispose()
    {
        foreach (var member in _members)
            member.Dispose();
    }
}
