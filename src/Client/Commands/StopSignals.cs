using System.Runtime.InteropServices;

namespace HeadScope.Client.Commands;

/// <summary>
/// Signals that ask a verb to stop, which may take as long as it says; a second Ctrl-C ends the process. Schedulers send SIGTERM to a
/// script and to what it has started, which then hears of it twice.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    readonly CancellationTokenSource _stop = new();
    readonly PosixSignalRegistration[] _registrations;

    public StopSignals() => _registrations =
        [PosixSignalRegistration.Create(PosixSignal.SIGINT, Ask), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ask)];

    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _stop.Dispose();
    }

    void Ask(PosixSignalContext context)
    {
        context.Cancel = context.Signal == PosixSignal.SIGTERM || !_stop.IsCancellationRequested;
        _stop.Cancel();
    }
}
