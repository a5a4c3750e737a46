namespace ReferralGrains.Payouts.Sending;

/// <summary>
/// Ends the pause of those beside us in this process who look for work, where there may be some by now. It only makes them quicker: who hears
/// nothing looks after its pause.
/// </summary>
public sealed class WorkSignal
{
    private TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when it is raised from now on: to be taken before one looks.</summary>
    public Task Next => Volatile.Read(ref next).Task;

    public void Raise() => Interlocked.Exchange(ref next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
