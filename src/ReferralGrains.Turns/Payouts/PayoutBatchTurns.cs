using System.Collections.Immutable;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Payouts;

namespace ReferralGrains.Turns.Payouts;

/// <summary>Something is asked of a payout batch, or told to it.</summary>
public sealed record AskPayoutBatch(PayoutBatchCommand Command) : ICommand<PayoutBatchReply>;

/// <summary>Asks what a payout batch pays to whom.</summary>
public sealed record ShowPayoutBatch : ICommand<PayoutBatchReply>;

/// <param name="Changed">False when there was nothing to change.</param>
/// <param name="Batch">As it is now; with its orders only where they were asked for.</param>
public sealed record PayoutBatchReply(PayoutBatchRefusal? Refusal, bool Changed, PayoutBatch Batch);

/// <summary>
/// One payout batch, of (tenant, batch): what is to be paid, who approved it, and whether it is being sent. It decides; reserving,
/// writing intents and giving back are carried out by a runner, item by item, and may be asked for again after a crash.
/// </summary>
public sealed class PayoutBatchTurns(GrainAddress address, TurnWorld world)
    : FoldedTurns<PayoutBatch>(address, world, JournalJson.Default.PayoutBatch, PayoutBatch.FoldVersion)
{
    protected override PayoutBatch Empty => PayoutBatch.None;

    protected override PayoutBatch Evolve(PayoutBatch state, StoredRow row) => PayoutBatch.Evolve(state, row.At, row.Decode<PayoutBatchEvent>());

    protected override int SeqOf(PayoutBatch state) => state.Seq;

    protected override DateTimeOffset LastAtOf(PayoutBatch state) => state.LastAt;

    // Who is paid what is for those who look after the money.
    protected override PayoutBatch Redacted(PayoutBatch state) => state with { Orders = [] };

    protected override async ValueTask<Prepared> Prepare(IReadOnlyList<Envelope> commands)
    {
        var before = await Loaded();
        var (state, rows, replies) = (before, ImmutableArray.CreateBuilder<EventRow>(), new List<object>(commands.Count));
        var now = Later(await World.Clock.Now(Address.Tenant), state.LastAt);
        foreach (var envelope in commands)
        {
            if (envelope.Command is ShowPayoutBatch)
            {
                replies.Add(new PayoutBatchReply(null, false, state));
                continue;
            }

            var decision = PayoutBatchDecider.Decide(state, Placed(((AskPayoutBatch)envelope.Command).Command));
            if (decision is PayoutBatchDecision.Accepted { Event: var e })
            {
                rows.Add(EventCodec.Encode(e, now));
                state = PayoutBatch.Evolve(state, now, e);
            }

            replies.Add(new PayoutBatchReply(
                (decision as PayoutBatchDecision.Refused)?.Why, decision is PayoutBatchDecision.Accepted, state with { Orders = [] }));
        }

        return new(Append(before, state, rows.ToImmutable()), replies, () =>
        {
            if (state != before) Take(state);
        });
    }

    // It relies on nothing but its own stream.
    protected override void Refresh(AppendOutcome why)
    {
    }

    // Whoever lists candidates cannot know the number of a batch that has just begun.
    private PayoutBatchCommand Placed(PayoutBatchCommand command) =>
        command is PayoutBatchCommand.List list ? list with { Orders = [.. list.Orders.Select(order => order with { Batch = Stream })] } : command;

    private Append? Append(PayoutBatch before, PayoutBatch state, ImmutableArray<EventRow> rows) => rows.IsEmpty ? null : new()
    {
        Tenant = Address.Tenant,
        Streams = [new(Stream, before.Seq + 1, rows, Address.Stream)],
        SideRows = [SideRows.Of<PayoutBatchRow>([new(Stream, state)])],
    };
}
