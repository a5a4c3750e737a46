using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Discounts;
using ReferralGrains.Storage.Due;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Referrals;

namespace ReferralGrains.Turns.Referrals;

/// <summary>What a decided turn of a referral writes: its rows, and what follows from them.</summary>
public static class ReferralAppend
{
    /// <summary>Null when there is nothing to write.</summary>
    /// <param name="before">The state that the turn began with.</param>
    public static Append? Of(StreamKey key, ReferralTurn turn, Referral before, IReadOnlyList<ReferralAction> conflicts)
    {
        if (turn.Events.Count == 0 && conflicts.Count == 0) return null;
        return new()
        {
            Tenant = key.Tenant,
            Streams = turn.Events.Count == 0 ? [] : [Rows(key, turn, before)],
            Reads = Reads(turn),
            SideRows =
            [
                SideRows.Of(Due(turn, before)),
                SideRows.Of<ReferralRow>(Row(turn, before) is { } row ? [row] : []),
                SideRows.Of<DiscountRow>([.. CheckoutWork.Rows(turn)]),
                ParkedChange.By(Parked(turn, before)),
                SideRows.Of<ConflictRow>(conflicts.Count == 0 ? [] : [.. conflicts.Select(action => Conflict(turn, action))]),
            ],
        };
    }

    public static StreamRows Rows(StreamKey key, ReferralTurn turn, Referral before)
    {
        var rows = ImmutableArray.CreateBuilder<EventRow>(turn.State.Seq - before.Seq);
        foreach (var recorded in turn.Events) EventCodec.Encode(recorded, turn.Facts.Program.Stream, rows);
        return new(turn.Known.Stream, before.Seq + 1, rows.MoveToImmutable(), key);
    }

    /// <summary>The facts that the turn relied on.</summary>
    public static ImmutableArray<FactRead> Reads(ReferralTurn turn)
    {
        var program = new FactRead(turn.Facts.Program.Stream, turn.Facts.Program.Revision);
        return turn.Facts.Referrer is { } referrer ? [program, new(referrer.Stream, referrer.Version)] : [program];
    }

    public static ReferralRow? Row(ReferralTurn turn, Referral before)
    {
        var state = turn.State;
        if (state.Status == before.Status && state.Referrer == before.Referrer && state.Active == before.Active) return null;
        if (state.Status == ReferralStatus.None) return null;
        return new(
            turn.Known.Stream, turn.Facts.Program.Stream, state.Referrer, (short)state.Status, state.AttributedAt,
            state.ApprovedAt == default ? null : state.ApprovedAt, state.Active);
    }

    /// <summary>The due row moves only when its date changes.</summary>
    public static ImmutableArray<DueChange> Due(ReferralTurn turn, Referral before) =>
        turn.State.DueAt is var due && due == before.DueAt ? [] : [new(turn.Known.Stream, due)];

    public static int Parked(ReferralTurn turn, Referral before) => turn.State.Parked.Count - before.Parked.Count;

    // The action that it is with may have been recorded by another machine's clock, but was there first.
    public static ConflictRow Conflict(ReferralTurn turn, ReferralAction action) =>
        new(action.Id, action.Hash, Later(turn.Facts.Now, turn.Known.Find(action.Id)), JsonSerializer.Serialize(action, JournalJson.Default.ReferralAction));

    private static DateTimeOffset Later(DateTimeOffset now, ActionHistory? with) => with?.Events[0].At > now ? with.Events[0].At : now;
}
