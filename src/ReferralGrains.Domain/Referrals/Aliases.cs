using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Referrals;

/// <summary>An id that is to name a referral, as it was found.</summary>
/// <param name="Of">The id by which the referral is known.</param>
/// <param name="State">What its own stream says of it: actions that wait, a referral of its own, or one that it names already.</param>
/// <param name="SelfReferral">Why it looks like the referrer's own (D16).</param>
public sealed record FoundAlias(CallerId Id, CallerId Of, StreamId Stream, Referral State, SelfReferral SelfReferral = SelfReferral.None);

/// <summary>
/// One referee under several ids (X8). An alias is the stream of its id, which says which referral that names: whoever asks there goes on to
/// the referral, so that all ids have one tally, one set of caps and one history. What names a referral has none of its own, and so there
/// are no chains.
/// </summary>
public static class Aliases
{
    /// <summary>Of one referral, so that its state stays bounded.</summary>
    public const int Most = 20;

    /// <summary>
    /// Lets an id name the referral for good. What waits under it waits at the referral from then on, under a row of its own, or takes effect
    /// at once. One that flags the referral has to wait for what is in a group, for that would be paid with the group (X9, H14), and for what is of
    /// a referrer before: that is neither held back nor cancelled for a flag of whose the referral is now (D16).
    /// </summary>
    public static Decision Add(ReferralTurn turn, FoundAlias alias, string by)
    {
        var (state, found) = (turn.State, alias.State);
        if (state.Status == ReferralStatus.None) return Refused(RefusalKind.NotFound, "referral_not_found", Field.RefereeId, "There is no such referral.");
        if (alias.Stream == turn.Known.Stream || state.Aliases?.Contains(alias.Stream) == true) return new Decision.Unchanged();
        if (found.AliasOf is not null) return Refused(RefusalKind.Conflict, "alias_taken", Field.Alias, $"{alias.Id} names another referral already.");
        if (found.Status != ReferralStatus.None)
            return Refused(RefusalKind.Conflict, "both_have_referrals", Field.Alias, $"{alias.Of} and {alias.Id} have a referral each, and these are not merged.");
        if (state.Aliases?.Length >= Most) return Refused(RefusalKind.Conflict, "too_many_aliases", Field.Alias, $"{Most} ids name this referral already.");
        if (ReferralFold.Flags(state, alias.SelfReferral) && WouldWait(state, alias) is { } refused) return refused;
        var seq = turn.Apply(new AliasAdded(alias.Stream, by, alias.SelfReferral));
        turn.Names(alias);
        foreach (var (_, action, _) in found.Parked)
        {
            // As if it had been sent to the referral: whoever sends it again, by whichever id, sends the same (D11).
            var renamed = action with { Hash = ActionContent.Renamed(turn.Facts.Program.Id, alias.Id, alias.Of, action) };
            turn.Apply(new ActionParked(renamed, ActionDecider.Waits(turn.State) ?? DecisionCode.SaleMissing, alias.Stream));
        }

        turn.ReplayParked();
        return new Decision.Accepted(seq);
    }

    private static Decision.Refused? WouldWait(Referral state, FoundAlias alias)
    {
        if (state.Holds.Any(static hold => hold.Group > 0))
            return Refused(RefusalKind.Conflict, "rewards_grouped", Field.Alias, $"{alias.Id} looks like the referrer's own, which flags the referral, and its rewards wait in a group: release or cancel those first.");
        return state.Holds.Any(hold => hold.Referrer != state.Referrer) || state.Scheduled?.Any(row => row.Referrer != state.Referrer) == true
            ? Refused(RefusalKind.Conflict, "referral_flagged", Field.Alias, $"{alias.Id} looks like the referrer's own, which flags the referral, and rewards of the referrer before wait: release or cancel those first.")
            : null;
    }

    private static Decision.Refused Refused(RefusalKind kind, string code, Field field, string detail) => new(new Refusal(kind, code, field, detail));
}
