namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>Spreads independent pieces of work over threads, each with its own <see cref="Workspace"/>.</summary>
internal sealed class ThreadTeam : IDisposable
{
    public delegate void Work(int index, Workspace workspace);

    readonly Workspace[] _workspaces;
    readonly ParallelOptions _options;

    public ThreadTeam(int threads, MicroKernel kernel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _workspaces = new Workspace[threads];
        for (var i = 0; i < threads; i++)
            _workspaces[i] = new Workspace(kernel);
        _options = new ParallelOptions { MaxDegreeOfParallelism = threads };
    }

    public int Threads => _workspaces.Length;

    /// <summary>Runs <paramref name="work"/> for 0 to count - 1, each once, in any order.</summary>
    public void ForEach(int count, Work work)
    {
        var threads = Math.Min(Threads, count);
        if (threads <= 1)
        {
            for (var i = 0; i < count; i++)
                work(i, _workspaces[0]);
            return;
        }

        var taken = 0;
        Parallel.For(0, threads, _options, thread =>
        {
            int i;
            while ((i = Interlocked.Increment(ref taken) - 1) < count)
                work(i, _workspaces[thread]);
        });
    }

    /// <summary>Runs <paramref name="work"/>(first, last) over [0, rows) in a few runs of rows per thread.</summary>
    public void ForRows(int rows, Action<int, int> work)
    {
        var chunks = Threads == 1 ? 1 : Math.Clamp(rows / 8, 1, Threads * 4);
        ForEach(chunks, (i, _) => work((int)((long)rows * i / chunks), (int)((long)rows * (i + 1) / chunks)));
    }

    public void Dispose()
    {
        foreach (var workspace in _workspaces)
            workspace.Dispose();
    }
}
