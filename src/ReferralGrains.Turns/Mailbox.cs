namespace ReferralGrains.Turns;

/// <summary>
/// What has gathered for one grain, in the order in which it came, and the loop that turns it into turns: one at a time, on whichever
/// thread; while one runs, commands gather for the next. Idle, it has no list and no timer.
/// </summary>
public sealed class Mailbox(GrainTurns turns, MailboxOptions options)
{
    private readonly Lock gate = new();
    private List<Envelope>? waiting;
    private bool running;

    /// <summary>A turn could not be written or crashed: the state was dropped, so may the grain be.</summary>
    public Action? Failed { get; set; }

    public GrainTurns Turns => turns;

    /// <summary>Takes a command in, or fails it when too many wait. Anybody may, at any time.</summary>
    /// <returns>Whether nothing is under way: then whoever posted calls <see cref="Run"/>, where turns are to run.</returns>
    public bool Post(Envelope envelope)
    {
        lock (gate)
        {
            if (waiting is null || waiting.Count < options.MaxWaiting)
            {
                (waiting ??= new(1)).Add(envelope);
                if (running) return false;
                return running = true;
            }
        }

        envelope.Fail(new GrainBusyException("This grain's mailbox is full.", options.RetryAfter));
        return false;
    }

    /// <summary>Runs turns until nothing waits. It never throws: what goes wrong is told to whoever sent the command.</summary>
    public async Task Run()
    {
        while (Next() is { } commands)
            if (!await turns.Turn(commands)) Failed?.Invoke();
    }

    private List<Envelope>? Next()
    {
        lock (gate)
        {
            var commands = waiting;
            if (commands is null) running = false;
            else if (commands.Count > options.TurnSize)
            {
                waiting = commands[options.TurnSize..];
                return commands[..options.TurnSize];
            }

            waiting = null;
            return commands;
        }
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
