namespace ReferralGrains.Storage.Journal;

/// <summary>An append that waits for its group commit.</summary>
internal sealed class PendingAppend(Append append)
{
    private readonly TaskCompletionSource<AppendOutcome> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Append Append => append;

    public Task<AppendOutcome> Done => done.Task;

    public void Complete(AppendOutcome outcome) => done.TrySetResult(outcome);

    public void Fail(Exception exception) => done.TrySetException(exception);
}
