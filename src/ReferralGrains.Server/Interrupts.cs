using System.Runtime.InteropServices;

namespace ReferralGrains.Server;

/// <summary>SIGTERM and SIGINT as a request to end cleanly, from the first moment on.</summary>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] registrations;

    public Interrupts() => registrations = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, End), PosixSignalRegistration.Create(PosixSignal.SIGINT, End)];

    public CancellationToken Token => source.Token;

    public Task Task => asked.Task;

    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        source.Dispose();
    }

    private void End(PosixSignalContext context)
    {
        context.Cancel = true;
        source.Cancel();
        asked.TrySetResult();
    }
}
