using Microsoft.Extensions.Logging;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Turns;

/// <summary>
/// A grain: state that is the fold of its stream, and turns over it. A turn decides a mailboxful of commands in order, appends once,
/// and answers after the commit, so no reply ever shows state that is not durable. An engine only delivers.
/// </summary>
public abstract partial class GrainTurns(GrainAddress address, TurnWorld world)
{
    private const int MostAttempts = 4;

    private readonly ILogger log = world.Log;

    protected GrainAddress Address => address;

    protected TurnWorld World => world;

    /// <summary>Runs one turn. Answers or fails every command that it was given.</summary>
    /// <returns>Whether it could be written; if not, the state was dropped.</returns>
    public async ValueTask<bool> Turn(IReadOnlyList<Envelope> commands)
    {
        try
        {
            var decided = await Decided(commands);
            while (decided < commands.Count) decided += await Decided([.. commands.Skip(decided)]);
            return true;
        }
        catch (Exception exception) when (exception is JournalUnavailableException or OutcomeUnknownException or LeaseLostException or GrainUnavailableException)
        {
            Discard();
            LogUnavailable(address.Kind, exception.Message);
            Fail(commands, new GrainUnavailableException("The journal cannot be reached; try again.", exception));
        }
        catch (GrainBusyException exception)
        {
            Fail(commands, exception);
            return true;
        }
        catch (Exception exception)
        {
            // Our own bug crashes the turn: the state is dropped, and those who wait are told.
            Discard();
            LogCrash(address.Kind, exception);
            Fail(commands, exception);
        }

        return false;
    }

    /// <summary>
    /// The state in memory as JSON, for a person who looks into the grain, also while a turn is under way: without personal data, and without
    /// loading anything.
    /// </summary>
    public abstract string Describe();

    /// <summary>Nobody asked for a long time and the grain leaves memory: what it would cost to fold it again may be kept.</summary>
    public abstract void Rest();

    /// <summary>Loads the state if it is not there, decides a prefix of the commands and says what to append and to answer.</summary>
    protected abstract ValueTask<Prepared> Prepare(IReadOnlyList<Envelope> commands);

    /// <summary>Whether an append holds only if the state is the last one: it adds rows to the grain's own stream.</summary>
    protected abstract bool Proves(Append append);

    /// <summary>The state was the last one at this moment.</summary>
    protected abstract void Saw(Moment at);

    /// <summary>Whether the state was the last one at this moment or later; asks if that is not known.</summary>
    protected abstract ValueTask<bool> IsCurrent(Moment since);

    /// <summary>Forgets the state: the next turn folds it again.</summary>
    protected abstract void Discard();

    /// <summary>The append did not hold: what it relied on is to be read again.</summary>
    protected abstract void Refresh(AppendOutcome why);

    /// <summary>Grain time never runs backwards, whatever the clock does.</summary>
    protected static DateTimeOffset Later(DateTimeOffset now, DateTimeOffset last) => now > last ? now : last;

    private async ValueTask<int> Decided(IReadOnlyList<Envelope> commands)
    {
        for (var attempt = 1; ; attempt++)
        {
            var began = Moment.Now(world.Time);
            var prepared = await Prepare(commands);
            var outcome = await Settled(prepared, began);
            if (outcome == AppendOutcome.Committed)
            {
                prepared.Commit();
                TurnMetrics.Turn(address.Kind, prepared.Replies.Count);
                for (var i = 0; i < prepared.Replies.Count; i++) commands[i].Reply(prepared.Replies[i]);
                return prepared.Replies.Count;
            }

            Discard();
            Refresh(outcome);
            if (attempt == MostAttempts) throw new GrainUnavailableException($"Other writers came first {MostAttempts} times ({outcome}).");
        }
    }

    // A commit proves what it was decided on. Where it does not, another silo may have written meanwhile, and even ended this one: whoever was
    // told of that must not be answered by what was before it.
    private async ValueTask<AppendOutcome> Settled(Prepared prepared, Moment began)
    {
        if (prepared.Outcome != AppendOutcome.Committed) return prepared.Outcome;
        if (prepared.WrittenSince is { } asked)
        {
            Saw(asked);
            return AppendOutcome.Committed;
        }

        if (!(prepared.Append is { } own && Proves(own)) && !await IsCurrent(began)) return AppendOutcome.StreamMoved;
        if (!await Confirmed(prepared)) return AppendOutcome.FactMoved;
        if (prepared.Append is null)
            return world.Lease.IsHeld ? AppendOutcome.Committed : throw new GrainUnavailableException("The right to answer was not renewed in time.");
        var sent = Moment.Now(world.Time);
        var outcome = await world.Journal.Append(prepared.Append);
        if (outcome == AppendOutcome.Committed && Proves(prepared.Append)) Saw(sent);
        return outcome;
    }

    // What travels in the append is checked by the commit.
    private ValueTask<bool> Confirmed(Prepared prepared)
    {
        List<FactRead>? left = null;
        for (var i = 0; i < prepared.Relied.Count; i++)
        {
            var read = prepared.Relied[i];
            if (prepared.Append is null || !prepared.Append.Reads.Contains(read)) (left ??= []).Add(read);
        }

        return left is null ? ValueTask.FromResult(true) : world.Facts.Confirm(left);
    }

    private static void Fail(IReadOnlyList<Envelope> commands, Exception exception)
    {
        foreach (var command in commands) command.Fail(exception);
    }

    // Once for each turn of an outage; that there is one is said by whoever writes, and to whoever asked.
    [LoggerMessage(LogLevel.Debug, "A turn of a grain of kind {Kind} could not be written: {Reason}")]
    private partial void LogUnavailable(GrainKind kind, string reason);

    [LoggerMessage(LogLevel.Error, "A turn of a grain of kind {Kind} crashed.")]
    private partial void LogCrash(GrainKind kind, Exception exception);
}

/// <summary>A decided turn that is not written yet.</summary>
/// <param name="Append">Null when nothing is to be written.</param>
/// <param name="Replies">To the first commands of the turn, in their order; the rest is decided next.</param>
/// <param name="Commit">Takes the new state over, once it is durable.</param>
/// <param name="Outcome">Without an append: how another grain's append for this turn ended.</param>
public sealed record Prepared(Append? Append, IReadOnlyList<object> Replies, Action Commit, AppendOutcome Outcome = AppendOutcome.Committed)
{
    /// <summary>Facts of other grains that a reply rests on, whether or not something is appended.</summary>
    public IReadOnlyList<FactRead> Relied { get; init; } = [];

    /// <summary>Where another grain wrote this turn: when it was asked to. The state that it left is durable.</summary>
    public Moment? WrittenSince { get; init; }
}
