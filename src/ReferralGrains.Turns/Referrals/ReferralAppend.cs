using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Discounts;
using ReferralGrains.Storage.Due;
using ReferralGrains.Storage.Flags;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Referrals;

namespace ReferralGrains.Turns.Referrals;

/// <summary>What a decided turn of a referral writes: its rows, and what follows from them.</summary>
public static class ReferralAppend
{
    /// <summary>Null when there is nothing to write.</summary>
    /// <param name="before">The state that the turn began with.</param>
    /// <param name="mostAttributions">Of one referrer in an hour (X9).</param>
    public static Append? Of(StreamKey key, ReferralTurn turn, Referral before, IReadOnlyList<ReferralAction> conflicts, int mostAttributions)
    {
        if (turn.Events.Count == 0 && conflicts.Count == 0) return null;
        return new()
        {
            Tenant = key.Tenant,
            Streams = turn.Events.Count == 0 ? [] : [Rows(key, turn, before), .. AliasRows(key, turn)],
            Reads = Reads(turn),
            SideRows =
            [
                SideRows.Of(Due(turn, before)),
                SideRows.Of<ReferralRow>(Row(turn, before) is { } row ? [row] : []),
                SideRows.Of<DiscountRow>([.. CheckoutWork.Rows(turn)]),
                SideRows.Of(Flags(turn, before)),
                SideRows.Of(Reassignments(turn)),
                SideRows.Of(Aliases(turn)),
                SideRows.Of(Moved(turn)),
                SideRows.Of(Gatherings(turn)),
                SideRows.Of(ReferralPageRow.After(turn.Known.Stream, before, turn.State)),
                SideRows.Of(Attributions(turn, before, mostAttributions)),
                ParkedChange.By(Parked(turn, before)),
                SideRows.Of<ConflictRow>(conflicts.Count == 0 ? [] : [.. conflicts.Select(action => Conflict(turn, action))]),
            ],
        };
    }

    public static StreamRows Rows(StreamKey key, ReferralTurn turn, Referral before)
    {
        var rows = ImmutableArray.CreateBuilder<EventRow>(turn.State.Seq - before.Seq);
        for (var i = 0; i < turn.Events.Count; i++) EventCodec.Encode(turn.Events[i], turn.Facts.Program.Stream, rows);
        return new(turn.Known.Stream, before.Seq + 1, rows.MoveToImmutable(), key);
    }

    /// <summary>What the streams of ids that name the referral now say of it (X8).</summary>
    /// <param name="key">The referral's.</param>
    public static ImmutableArray<StreamRows> AliasRows(StreamKey key, ReferralTurn turn)
    {
        if (turn.Named.Count == 0) return [];
        return [.. turn.Named.Select(alias =>
        {
            var rows = ImmutableArray.CreateBuilder<EventRow>(1);
            EventCodec.Encode(new(alias.State.Seq + 1, turn.Facts.Now, new BecameAlias(turn.Known.Stream)), turn.Facts.Program.Stream, rows);
            return new StreamRows(alias.Stream, alias.State.Seq + 1, rows.MoveToImmutable(), key with { Second = alias.Id.Value });
        })];
    }

    /// <summary>Which ids name the referral now (X8).</summary>
    public static ImmutableArray<AliasRow> Aliases(ReferralTurn turn) =>
        turn.Named.Count == 0 ? [] : [.. turn.Named.Select(alias => new AliasRow(alias.Stream, turn.Known.Stream))];

    /// <summary>Where actions are that had waited under those ids.</summary>
    public static ImmutableArray<MovedAction> Moved(ReferralTurn turn)
    {
        if (turn.Named.Count == 0) return [];
        var moved = ImmutableArray.CreateBuilder<MovedAction>();
        foreach (var (seq, _, e) in turn.Events)
            if (e is ActionParked { From: not null, Action: var action }) moved.Add(new(action.Id, turn.Known.Stream, seq, action.Hash));
        return moved.DrainToImmutable();
    }

    /// <summary>The facts that the turn relied on.</summary>
    public static ImmutableArray<FactRead> Reads(ReferralTurn turn)
    {
        var program = new FactRead(turn.Facts.Program.Stream, turn.Facts.Program.Revision);
        ImmutableArray<FactRead> reads = turn.Facts.Referrer is { } referrer ? [program, new(referrer.Stream, referrer.Version)] : [program];
        return turn.Facts.Earlier.IsEmpty ? reads : [.. reads, .. turn.Facts.Earlier.Select(static earlier => new FactRead(earlier.Stream, earlier.Version))];
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

    /// <summary>The referral's flag, where it was raised or looked at.</summary>
    public static ImmutableArray<FlagRow> Flags(ReferralTurn turn, Referral before)
    {
        var state = turn.State;
        if (state.Flag == before.Flag) return [];
        var by = turn.Events.Select(static recorded => recorded.Event).OfType<ReferralFlagResolved>().LastOrDefault()?.By;

        // Who gets a referral that was flagged for the one before takes it over without the flag.
        var reason = state.SelfReferral == SelfReferral.None ? before.SelfReferral : state.SelfReferral;
        return [new(turn.Known.Stream, FlagKind.SelfReferral, state.Flag, reason.ToWire(), turn.Facts.Now, by)];
    }

    /// <summary>Whose the referral was, where it was given to another.</summary>
    public static ImmutableArray<ReassignmentRow> Reassignments(ReferralTurn turn)
    {
        for (var i = 0; i < turn.Events.Count; i++)
            if (turn.Events[i] is { Event: ReferralReassigned reassigned, Seq: var seq }) return [new(turn.Known.Stream, seq, reassigned.From, reassigned.IsApproved)];
        return [];
    }

    /// <summary>What the turn says of rounds of first sales (H9).</summary>
    public static ImmutableArray<GatheringRow> Gatherings(ReferralTurn turn)
    {
        ImmutableArray<GatheringRow>.Builder? rows = null;
        for (var i = 0; i < turn.Events.Count; i++)
        {
            var said = GatheringRow.Of(turn.Known.Stream, turn.Facts.Program.Stream, turn.Events[i]);
            if (!said.IsEmpty) (rows ??= ImmutableArray.CreateBuilder<GatheringRow>()).AddRange(said);
        }

        return rows?.DrainToImmutable() ?? [];
    }

    /// <summary>What counts towards a referrer's attributions in an hour.</summary>
    public static ImmutableArray<AttributionRow> Attributions(ReferralTurn turn, Referral before, int most) =>
        before.Status == ReferralStatus.None && turn.State.Status != ReferralStatus.None ? [new(turn.State.Referrer, turn.Facts.Now, most)] : [];

    /// <summary>The due row moves only when its date changes.</summary>
    public static ImmutableArray<DueChange> Due(ReferralTurn turn, Referral before) =>
        turn.State.DueAt is var due && due == before.DueAt ? [] : [new(turn.Known.Stream, due)];

    public static int Parked(ReferralTurn turn, Referral before)
    {
        var more = turn.State.Parked.Count - before.Parked.Count;
        foreach (var alias in turn.Named) more -= alias.State.Parked.Count;
        return more;
    }

    // The action that it is with may have been recorded by another machine's clock, but was there first.
    public static ConflictRow Conflict(ReferralTurn turn, ReferralAction action) =>
        new(action.Id, action.Hash, Later(turn.Facts.Now, turn.Known.Find(action.Id)), JsonSerializer.Serialize(action, JournalJson.Default.ReferralAction));

    private static DateTimeOffset Later(DateTimeOffset now, ActionHistory? with) => with?.Events[0].At > now ? with.Events[0].At : now;
}
