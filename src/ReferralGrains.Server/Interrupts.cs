using System.Runtime.InteropServices;

namespace ReferralGrains.Server;

/// <summary>SIGTERM, SIGINT and SIGHUP (a terminal that closes) as a request to end cleanly, from the first moment on.</summary>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] registrations;

    public Interrupts() => registrations =
        [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, End))];

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
