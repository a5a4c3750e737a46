namespace ReferralGrains.Turns;

/// <summary>A command in a mailbox, and whoever waits for its reply.</summary>
public abstract class Envelope(ICommand command)
{
    public ICommand Command => command;

    public abstract void Reply(object reply);

    public abstract void Fail(Exception exception);
}

public sealed class Envelope<TReply>(ICommand<TReply> command) : Envelope(command)
{
    private readonly TaskCompletionSource<TReply> reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TReply> Replied => reply.Task;

    public override void Reply(object reply) => this.reply.TrySetResult((TReply)reply);

    public override void Fail(Exception exception) => reply.TrySetException(exception);
}
