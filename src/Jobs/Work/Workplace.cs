using HeadScope.ModelCore.Compute;

namespace HeadScope.Jobs.Work;

/// <summary>
/// A device as workers use it, with the threads that compute on it: one for all workers, where the device wants that, or one for each.
/// </summary>
public sealed class Workplace : IDisposable
{
    readonly DeviceThread? _shared;
    readonly List<DeviceThread> _threads = [];

    public Workplace(IComputeDevice device)
    {
        Device = device;
        if (device.HasOwnThread)
            _threads.Add(_shared = new DeviceThread($"{device.Backend} {device.Name}"));
    }

    public IComputeDevice Device { get; }

    /// <summary>The thread that one more worker computes on. It is this object's.</summary>
    public DeviceThread AddWorker(string name)
    {
        if (_shared is not null)
            return _shared;
        var thread = new DeviceThread(name);
        lock (_threads)
            _threads.Add(thread);
        return thread;
    }

    /// <summary>Computes for no worker, such as when loading a model: on the device's one thread or, where it has none, here.</summary>
    public Task<T> RunAsync<T>(Func<T> compute) =>
        _shared is null ? Task.FromResult(compute()) : _shared.RunAsync(compute, CancellationToken.None);

    /// <summary>Waits for what is under way.</summary>
    public void Dispose()
    {
        foreach (var thread in _threads)
            thread.Dispose();
    }
}
