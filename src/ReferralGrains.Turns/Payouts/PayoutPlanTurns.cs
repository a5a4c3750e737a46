using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Due;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Payouts;

namespace ReferralGrains.Turns.Payouts;

/// <summary>Sets how a tenant pays out.</summary>
public sealed record SetPayoutTerms(PayoutTerms Terms, string By) : ICommand<PayoutPlanReply>;

/// <summary>A date of the schedule may have come.</summary>
/// <param name="Until">What is due by then.</param>
public sealed record MeetPayoutDate(DateTimeOffset Until) : ICommand<PayoutPlanReply>;

/// <param name="Changed">False when there was nothing to change.</param>
public sealed record PayoutPlanReply(bool Changed, PayoutPlan Plan);

/// <summary>
/// How one tenant pays out, of (tenant, plan). When a date of its schedule comes it begins a batch: the batch's first row and the next date
/// are one append, so each date draws up one batch, whoever dies in between. Finding out who is paid is the runner's.
/// </summary>
public sealed class PayoutPlanTurns(GrainAddress address, TurnWorld world)
    : FoldedTurns<PayoutPlan>(address, world, JournalJson.Default.PayoutPlan, PayoutPlan.FoldVersion)
{
    private const string BySchedule = "schedule";

    protected override PayoutPlan Empty => PayoutPlan.None;

    protected override PayoutPlan Evolve(PayoutPlan state, StoredRow row) => PayoutPlan.Evolve(state, row.At, row.Decode<PayoutPlanEvent>());

    protected override int SeqOf(PayoutPlan state) => state.Seq;

    protected override DateTimeOffset LastAtOf(PayoutPlan state) => state.LastAt;

    protected override async ValueTask<Prepared> Prepare(IReadOnlyList<Envelope> commands)
    {
        var before = await Loaded();
        var (state, rows, replies) = (before, ImmutableArray.CreateBuilder<EventRow>(), new List<object>(commands.Count));
        var (begun, batches) = (ImmutableArray.CreateBuilder<StreamRows>(), ImmutableArray.CreateBuilder<PayoutBatchRow>());
        var now = Later(await Now(commands), state.LastAt);
        foreach (var envelope in commands)
        {
            var seq = state.Seq;
            switch (envelope.Command)
            {
                case SetPayoutTerms set when Same(state.Terms, set.Terms):
                    break;
                case SetPayoutTerms set:
                    // A date that has come and was not met yet is one of the terms that held then: the new ones count from now.
                    Note(await Met(state, now, begun, batches));
                    Note(new PayoutTermsSet(set.Terms, set.By));
                    break;
                case MeetPayoutDate:
                    Note(await Met(state, now, begun, batches));
                    break;
                default:
                    throw new UnreachableException();
            }

            replies.Add(new PayoutPlanReply(state.Seq > seq, state));
        }

        void Note(PayoutPlanEvent? e)
        {
            if (e is null) return;
            rows.Add(EventCodec.Encode(e, now));
            state = PayoutPlan.Evolve(state, now, e);
        }

        return new(Append(before, state, rows.ToImmutable(), begun.ToImmutable(), batches.ToImmutable()), replies, () =>
        {
            if (state != before) Take(state);
        });
    }

    // It relies on nothing but its own stream, and on there being no such batch yet, which is asked for again.
    protected override void Refresh(AppendOutcome why)
    {
    }

    // Whoever wakes it knows the tenant's clock better than this silo may: a batch is never of a moment before the date that it is for.
    private async ValueTask<DateTimeOffset> Now(IReadOnlyList<Envelope> commands)
    {
        var now = await World.Clock.Now(Address.Tenant);
        foreach (var envelope in commands)
            if (envelope.Command is MeetPayoutDate met) now = Later(met.Until, now);
        return now;
    }

    private async ValueTask<PayoutPlanEvent?> Met(
        PayoutPlan state, DateTimeOffset now, ImmutableArray<StreamRows>.Builder begun, ImmutableArray<PayoutBatchRow>.Builder batches)
    {
        if (state is not { NextAt: { } next, Terms: { Schedule: { } schedule } terms } || next > now) return null;
        var following = schedule.After(now, terms.TimeZone);
        if (schedule.Every == PayoutEvery.Amount && !await World.PayoutCandidates.HasAny(Address.Tenant, terms, now, CancellationToken.None)) return new PayoutDateCame(null, following);

        var address = GrainAddress.PayoutBatch(Address.Tenant, state.NextBatch);
        var (stream, drawn) = ((await World.Loader.Load(address.Stream)).Stream, new BatchDrawn(BySchedule, terms.SecondPerson, terms, IsScheduled: true));
        begun.Add(new(stream, 1, [EventCodec.Encode(drawn, now)], address.Stream));
        batches.Add(new(stream, PayoutBatch.Evolve(PayoutBatch.None, now, drawn)));
        return new PayoutDateCame(state.NextBatch, following);
    }

    private Append? Append(
        PayoutPlan before, PayoutPlan state, ImmutableArray<EventRow> rows, ImmutableArray<StreamRows> begun, ImmutableArray<PayoutBatchRow> batches) => rows.IsEmpty ? null : new()
        {
            Tenant = Address.Tenant,
            Streams = [new(Stream, before.Seq + 1, rows, Address.Stream), .. begun],
            SideRows = [SideRows.Of<PayoutPlanRow>([new(Stream, state)]), SideRows.Of(batches), SideRows.Of<DueChange>([new(Stream, state.NextAt)])],
        };

    private static bool Same(PayoutTerms? one, PayoutTerms other) =>
        one is not null && JsonSerializer.Serialize(one, JournalJson.Default.PayoutTerms) == JsonSerializer.Serialize(other, JournalJson.Default.PayoutTerms);
}
