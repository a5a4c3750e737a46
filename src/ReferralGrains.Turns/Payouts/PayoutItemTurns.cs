using System.Collections.Immutable;
using System.Diagnostics;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Payouts;

namespace ReferralGrains.Turns.Payouts;

/// <summary>Something is asked of a payout item, or told to it.</summary>
public sealed record AskPayoutItem(PayoutItemCommand Command) : ICommand<PayoutItemReply>;

/// <param name="Changed">False when there was nothing to change.</param>
/// <param name="Item">As it is now, and durably so: what it grants may be used.</param>
public sealed record PayoutItemReply(PayoutItemRefusal? Refusal, bool Changed, PayoutItem Item);

/// <summary>
/// One payout item, of (tenant, item): its reservation, its intents and what came of them. Nothing here talks to Stripe: a sender asks for
/// the right to send, and tells what was answered.
/// </summary>
public sealed class PayoutItemTurns(GrainAddress address, TurnWorld world)
    : FoldedTurns<PayoutItem>(address, world, JournalJson.Default.PayoutItem, PayoutItem.FoldVersion)
{
    // The balance did not bear the reservation when it was to be committed.
    private bool isShort;

    // The tenant's gate was shut when a sending was to be committed.
    private bool isShut;

    protected override PayoutItem Empty => PayoutItem.None;

    protected override PayoutItem Evolve(PayoutItem state, StoredRow row) => PayoutItem.Evolve(state, row.At, row.Decode<PayoutItemEvent>());

    protected override int SeqOf(PayoutItem state) => state.Seq;

    protected override DateTimeOffset LastAtOf(PayoutItem state) => state.LastAt;

    protected override async ValueTask<Prepared> Prepare(IReadOnlyList<Envelope> commands)
    {
        var before = await Loaded();
        var (state, rows, replies) = (before, ImmutableArray.CreateBuilder<EventRow>(), new List<object>(commands.Count));
        var now = Later(Now(), state.LastAt);
        var permits = new HashSet<SendPermit>();
        foreach (var envelope in commands)
        {
            var command = ((AskPayoutItem)envelope.Command).Command;
            Debug.Assert(command is not PayoutItemCommand.Reserve reserve || reserve.Order.Item == Address.First.Value);
            var decision = command is PayoutItemCommand.Reserve && isShort ? new PayoutItemDecision.Refused(PayoutItemRefusal.BalanceShort)
                : Begins(command) is not null && isShut ? new PayoutItemDecision.Refused(PayoutItemRefusal.SendingStopped)
                : PayoutItemDecider.Decide(state, command, now, World.Waits);
            if (decision is PayoutItemDecision.Accepted accepted)
            {
                if (Begins(command) is { } begin && accepted.Events.Any(static e => e is SendBegan or ReversalStep { Step: SendBegan })) permits.Add(new(begin.Term));
                foreach (var e in accepted.Events)
                {
                    rows.Add(EventCodec.Encode(e, now) with { Posting = state.Movement(e) });
                    state = PayoutItem.Evolve(state, now, e);
                }
            }

            replies.Add(new PayoutItemReply((decision as PayoutItemDecision.Refused)?.Why, decision is PayoutItemDecision.Accepted, state));
        }

        return new(Append(before, state, rows.ToImmutable(), permits), replies, () => Durable(before, state));
    }

    // It reads no facts: what has moved is the gate.
    protected override void Refresh(AppendOutcome why) => (isShort, isShut) = (why == AppendOutcome.BalanceShort, why == AppendOutcome.FactMoved);

    private Append? Append(PayoutItem before, PayoutItem state, ImmutableArray<EventRow> rows, IEnumerable<SendPermit> permits) => rows.IsEmpty ? null : new()
    {
        Tenant = Address.Tenant,
        Streams = [new(Stream, before.Seq + 1, rows, Address.Stream)],
        Guards = state.InTransit && !before.InTransit ? [new(state.Order!.Referrer, state.Order.Amount.Asset)] : [],
        SideRows =
        [
            SideRows.Of<PayoutItemRow>([new(Stream, state)]),
            SideRows.Of<PayoutReversalRow>([.. state.Reversals.Except(before.Reversals).Select(reversal => new PayoutReversalRow(Stream, state.Transfer!, reversal))]),
            SideRows.Of<SendPermit>([.. permits]),
        ],
    };

    // The right to send is asked for by these, and by nothing else.
    private static PayoutItemCommand.BeginSend? Begins(PayoutItemCommand command) =>
        command as PayoutItemCommand.BeginSend ?? (command as PayoutItemCommand.OfReversal)?.Command as PayoutItemCommand.BeginSend;

    private void Durable(PayoutItem before, PayoutItem state)
    {
        (isShort, isShut) = (false, false);
        if (state != before) Take(state);
    }

    // The time of no tenant, but the one of all machines: what is waited for is Stripe. A machine that was suspended is behind until its lease is
    // renewed, and a key might be used that Stripe has forgotten. In whole microseconds, as the journal keeps it.
    private DateTimeOffset Now()
    {
        var now = World.Lease.Time.GetUtcNow();
        if (!World.Lease.IsHeld) throw new GrainUnavailableException("The lease was not renewed in time, and with it the clock.");
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
