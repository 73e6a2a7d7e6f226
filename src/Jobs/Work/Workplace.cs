using System.Threading.Channels;
using HeadScope.ModelCore.Compute;

namespace HeadScope.Jobs.Work;

/// <summary>
/// A device as workers use it. One that wants a thread of its own computes on nothing else: what is to be computed goes there through
/// a bounded channel, and callers await it. Otherwise each caller computes on its own thread.
/// </summary>
public sealed class Workplace : IDisposable
{
    readonly Channel<Action>? _queue;
    readonly Thread? _thread;

    public Workplace(IComputeDevice device)
    {
        Device = device;
        if (!device.HasOwnThread)
            return;
        _queue = Channel.CreateBounded<Action>(new BoundedChannelOptions(1) { SingleReader = true });
        _thread = new Thread(Work) { IsBackground = true, Name = $"{device.Backend} {device.Name}" };
        _thread.Start();
    }

    public IComputeDevice Device { get; }

    /// <summary>Computes something on the device's thread, and throws what it throws. It must not wait for anything else that computes here.</summary>
    public async Task<T> RunAsync<T>(Func<T> compute)
    {
        if (_queue is null)
            return compute();
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _queue.Writer.WriteAsync(() =>
        {
            try
            {
                done.SetResult(compute());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }).ConfigureAwait(false);
        return await done.Task.ConfigureAwait(false);
    }

    public void Dispose()
    {
        _queue?.Writer.TryComplete();
        _thread?.Join();
    }

    void Work()
    {
        while (_queue!.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_queue.Reader.TryRead(out var compute))
                compute();
        }
    }
}
