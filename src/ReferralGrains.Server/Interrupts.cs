using System.Runtime.InteropServices;

namespace ReferralGrains.Server;

/// <summary>
/// SIGTERM, SIGINT, SIGQUIT and SIGHUP (a terminal that closes) as a request to end cleanly, from the first moment on. In the place of the host's own,
/// which cuts a start short half-way: Orleans and Kestrel call that a failure.
/// </summary>
internal sealed class Interrupts : IHostLifetime, IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] registrations;

    public Interrupts() => registrations =
        [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, End))];

    public CancellationToken Token => source.Token;

    public Task Task => asked.Task;

    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

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
