using System.Threading.Channels;

namespace HeadScope.Jobs.Work;

/// <summary>
/// A thread that does nothing but keep a device busy, fed through a bounded channel. Libraries of accelerators keep state by
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

    /// <summary>Computes something on the thread; faults are the caller's. It must not wait for anything else that computes here.</summary>
    public async Task<T> RunAsync<T>(Func<T> compute, CancellationToken cancellation)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _work.Writer.WriteAsync(() =>
        {
            try
            {
                done.SetResult(compute());
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
        return await done.Task.ConfigureAwait(false);
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
