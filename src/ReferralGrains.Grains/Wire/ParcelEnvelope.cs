using System.Threading.Tasks.Sources;
using ReferralGrains.Turns;

namespace ReferralGrains.Grains.Wire;

/// <summary>An envelope that is at once what its sender awaits: one object a call, and no task.</summary>
internal sealed class ParcelEnvelope(ICommand command) : Envelope(command), IValueTaskSource<Parcel>
{
    private ManualResetValueTaskSourceCore<Parcel> reply;
    private bool isAnswered;

    public ValueTask<Parcel> Replied => new(this, reply.Version);

    public override void Reply(object reply)
    {
        if (isAnswered) return;
        isAnswered = true;
        this.reply.SetResult(new(reply));
    }

    public override void Fail(Exception exception)
    {
        if (NotDone.Of(exception) is { } notDone)
        {
            Reply(notDone);
            return;
        }

        // A turn that crashed may have answered some of its commands before.
        if (isAnswered) return;
        isAnswered = true;
        reply.SetException(exception);
    }

    Parcel IValueTaskSource<Parcel>.GetResult(short token) => reply.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Parcel>.GetStatus(short token) => reply.GetStatus(token);

    void IValueTaskSource<Parcel>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        reply.OnCompleted(continuation, state, token, flags);
}
