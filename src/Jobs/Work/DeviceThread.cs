using System.Threading.Channels;

namespace HeadScope.Jobs.Work;

/// <summary>
/// A thread of a worker's own, fed through a bounded channel, for what keeps a device busy. Libraries of accelerators keep state by
/// thread, and computing must hold up no thread that others wait for.
/// </summary>
public sealed class DeviceThread : IDisposable
{
    readonly Channel<Action> _work = Channel.CreateBounded<Action>(new BoundedChannelOptions(1) { SingleReader = true });
    readonly Thread _thread;

    public DeviceThread(string name)
    {
        _thread = new Thread(Loop) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Does something on the thread; faults are the caller's.</summary>
    public async Task RunAsync(Action work, CancellationToken cancellation)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _work.Writer.WriteAsync(() =>
        {
            try
            {
                work();
                done.SetResult();
            }
            catch (OperationCanceledException e)
            {
                done.SetCanceled(e.CancellationToken);
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }, cancellation).ConfigureAwait(false);
        await done.Task.ConfigureAwait(false);
    }

    /// <summary>Waits for what is under way.</summary>
    public void Dispose()
    {
        _work.Writer.Complete();
        _thread.Join();
    }

    void Loop()
    {
        while (_work.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_work.Reader.TryRead(out var work))
                work();
        }
    }
}
