namespace ReferralGrains.Turns;

/// <summary>
/// What has gathered for one grain, and the loop that turns it into turns: one turn at a time; while it runs, commands gather for the
/// next. It is used by one thread at a time, which every engine sees to. Idle, it has no queue, timer or lock.
/// </summary>
public sealed class Mailbox(GrainTurns turns, MailboxOptions options)
{
    private Queue<Envelope>? waiting;
    private bool running;

    /// <summary>A turn could not be written or crashed: the state was dropped, so may the grain be.</summary>
    public Action? Failed { get; set; }

    public GrainTurns Turns => turns;

    /// <summary>Takes a command in, or fails it when too many wait.</summary>
    public void Post(Envelope envelope)
    {
        if (!running) _ = Run([envelope]);
        else if (waiting is null || waiting.Count < options.MaxWaiting) (waiting ??= new()).Enqueue(envelope);
        else envelope.Fail(new GrainBusyException("This grain's mailbox is full.", options.RetryAfter));
    }

    private async Task Run(IReadOnlyList<Envelope>? commands)
    {
        running = true;
        for (; commands is not null; commands = Next())
            if (!await turns.Turn(commands)) Failed?.Invoke();
        running = false;
    }

    private List<Envelope>? Next()
    {
        if (waiting is null || waiting.Count == 0)
        {
            waiting = null;
            return null;
        }

        var commands = new List<Envelope>(Math.Min(waiting.Count, options.TurnSize));
        while (commands.Count < options.TurnSize && waiting.TryDequeue(out var envelope)) commands.Add(envelope);
        return commands;
    }
}

/// <summary>How much a grain takes in.</summary>
public sealed record MailboxOptions
{
    /// <summary>Commands that one turn takes. More make larger commits, fewer make each of them wait less. Default 1,000.</summary>
    public int TurnSize { get; init; } = 1_000;

    /// <summary>Commands that may wait at one grain; one more is told to come again. Default 10,000.</summary>
    public int MaxWaiting { get; init; } = 10_000;

    /// <summary>What a refused caller is told to wait. Default 1 s.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);
}
