namespace HeadScope.ModelCore.Compute;

/// <summary>Something that computes: this machine's processors, or an accelerator.</summary>
public interface IComputeDevice
{
    /// <summary>Of the kind of backend: <c>managed</c> or <c>torch</c>.</summary>
    string Backend { get; }

    /// <summary>Which device it is, such as <c>cpu</c> or <c>cuda:0</c>.</summary>
    string Name { get; }

    /// <summary>
    /// Whether one thread does all its computing, for whichever worker has something to compute. Otherwise workers compute side by side
    /// on threads of theirs.
    /// </summary>
    bool HasOwnThread { get; }

    /// <summary>The device's memory; for processors, this process's share of the machine's.</summary>
    DeviceMemory Memory { get; }

    /// <summary>The hardware, its driver and the library that computes, with their versions, for people.</summary>
    IReadOnlyList<string> Parts => [];

    bool Supports(Precision precision);

    /// <summary>A backend on this device. Matrices that one of them loaded are for all of the same precision.</summary>
    /// <param name="threads">Threads that one operation may use, at least 1; of no meaning to an accelerator.</param>
    /// <exception cref="NotSupportedException">It does not compute in this precision.</exception>
    IBackend Open(int threads, Precision precision);
}

/// <summary>Bytes of a device's memory: what is taken, on an accelerator by any program, and all there is.</summary>
public readonly record struct DeviceMemory(long Used, long Total);
