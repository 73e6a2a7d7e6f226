namespace HeadScope.ModelCore.Compute;

/// <summary>Something that computes: this machine's processors, or an accelerator.</summary>
public interface IComputeDevice
{
    /// <summary>Of the kind of backend: <c>managed</c> or <c>torch</c>.</summary>
    string Backend { get; }

    /// <summary>Which device it is, such as <c>cpu</c> or <c>cuda:0</c>.</summary>
    string Name { get; }

    /// <summary>
    /// Whether it takes one worker, on a thread of its own that does all its computing. Otherwise any number of workers share it, and
    /// divide the threads among them.
    /// </summary>
    bool TakesOneWorker { get; }

    bool Supports(Precision precision);

    /// <summary>A backend on this device. Matrices that one of them loaded are for all of the same precision.</summary>
    /// <param name="threads">Threads that one operation may use, at least 1; of no meaning to an accelerator.</param>
    /// <exception cref="NotSupportedException">It does not compute in this precision.</exception>
    IBackend Open(int threads, Precision precision);
}
