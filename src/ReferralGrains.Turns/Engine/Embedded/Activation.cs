namespace ReferralGrains.Turns.Engine.Embedded;

/// <summary>
/// One grain in memory and its mailbox. One turn at a time; while it runs, commands gather for the next. Idle, it has no queue, no
/// timer and no lock of its own.
/// </summary>
internal sealed class Activation(GrainTurns grain, TimeProvider time) : IThreadPoolWorkItem
{
    /// <summary>Commands that one turn takes.</summary>
    private const int TurnSize = 1_000;

    /// <summary>Commands that may wait; one more is told to come again.</summary>
    private const int MailboxSize = 10_000;

    private Queue<Envelope>? mailbox;
    private bool running;
    private bool gone;

    /// <summary>When the last turn ended.</summary>
    public long LastUsed { get; private set; } = time.GetTimestamp();

    public int Depth => mailbox?.Count ?? 0;

    public Posting Post(Envelope envelope)
    {
        lock (this)
        {
            if (gone) return Posting.Gone;
            if (mailbox is { Count: >= MailboxSize }) return Posting.Full;
            (mailbox ??= new()).Enqueue(envelope);
            if (running) return Posting.Taken;
            running = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return Posting.Taken;
    }

    /// <summary>Takes an idle activation out of use: whoever still holds it is sent to a new one.</summary>
    public bool TryRetire()
    {
        lock (this) return !running && mailbox is null && (gone = true);
    }

    void IThreadPoolWorkItem.Execute() => _ = Run();

    private async Task Run()
    {
        while (Next() is { } commands) await grain.Turn(commands);
    }

    private List<Envelope>? Next()
    {
        lock (this)
        {
            if (mailbox is null || mailbox.Count == 0)
            {
                (mailbox, running, LastUsed) = (null, false, time.GetTimestamp());
                return null;
            }

            var commands = new List<Envelope>(Math.Min(mailbox.Count, TurnSize));
            while (commands.Count < TurnSize && mailbox.TryDequeue(out var envelope)) commands.Add(envelope);
            return commands;
        }
    }
}

internal enum Posting
{
    Taken,
    Full,
    Gone,
}
