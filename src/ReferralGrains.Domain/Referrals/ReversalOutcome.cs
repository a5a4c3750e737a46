using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;

namespace ReferralGrains.Domain.Referrals;

/// <summary>What a refund or a chargeback came to, or what undid one, for every enrollment that its sale was decided for (D8, D20).</summary>
public static class ReversalOutcome
{
    public static ImmutableArray<DecisionOutcome> Of(int seq, SaleReversed reversed, ActionHistory? sale, Referral referral) =>
        Of(seq, [.. reversed.Taken, .. Rows(reversed.Rows, sale)], reversed.Rounds, -1, DecisionCode.TakenBack, DecisionCode.NothingToTakeBack, sale, referral);

    public static ImmutableArray<DecisionOutcome> Of(int seq, ReversalUndone undone, ActionHistory? sale, Referral referral) =>
        Of(seq, [.. undone.Given, .. Rows(undone.Rows, sale)], undone.Rounds, 1, DecisionCode.GivenBack, DecisionCode.NothingToGiveBack, sale, referral);

    // Of what is not due yet nothing was posted, and it is less all the same (H12).
    private static List<RewardChange> Rows(ImmutableArray<RowChange>? rows, ActionHistory? sale)
    {
        var changes = new List<RewardChange>();
        if (rows is not { } changed || sale is null || SaleRecord.Of(sale) is not { } record) return changes;
        foreach (var row in changed)
            if (record.Reward(row.Reward) is { Given: var given }) changes.Add(new(row.Reward, given.Enrollment, record.Referrer, given.Asset!.Value, row.Minor, Pending: true));
        return changes;
    }

    private static ImmutableArray<DecisionOutcome> Of(
        int seq, ImmutableArray<RewardChange> changes, ImmutableArray<RoundShare>? rounds, int sign, DecisionCode code, DecisionCode nothing,
        ActionHistory? sale, Referral referral)
    {
        if (sale is null || SaleRecord.Of(sale, seq - 1) is not { } before || SaleRecord.Of(sale, seq) is not { } then || SaleRecord.Of(sale) is not { } now)
            return [.. changes.Select(change => Unshared(change, sign, code, referral))];

        var undone = then.Undone;
        var applied = Math.Abs(undone.Minor - before.Undone.Minor);
        var changeOf = changes.ToDictionary(change => change.Reward);
        var outcomes = ImmutableArray.CreateBuilder<DecisionOutcome>(now.Decisions.Length);
        var rows = now.Rewards.Where(reward => RewardId.FromKey(reward.Key).Seq != now.DecidedSeq).Select(static reward => (reward.Key, reward.Given));
        foreach (var (key, decision) in now.Decisions.Select((decision, i) => (new RewardId(now.DecidedSeq, i).Key, decision)).Concat(rows))
        {
            var reward = then.Reward(key);
            var share = new ReversedShare(then.SaleMinor, undone.Minor, reward?.Given.Minor ?? 0, reward?.TakenMinor ?? 0, then.Sale.Currency, then.Sale.Detail?.Lines is null);
            var change = changeOf.GetValueOrDefault(key);
            outcomes.Add(new(
                decision.Enrollment, decision.Rule, decision.Version,
                change is not null ? code : rounds?.Any(round => round.Rule == decision.Rule && round.Round == decision.Further?.Round) == true ? DecisionCode.RoundChanged : nothing,
                change?.Reward, change?.Asset ?? decision.Asset, sign * (change?.Minor ?? 0),
                DecisionOutcome.StateOf(key, now, referral), change?.ReleaseAt, null, null, applied, share));
        }

        return outcomes.DrainToImmutable();
    }

    private static DecisionOutcome Unshared(RewardChange change, int sign, DecisionCode code, Referral referral)
    {
        var enrollment = referral.Enrollments[change.Enrollment - 1];
        return new(
            change.Enrollment, enrollment.Rule, enrollment.Version, code, change.Reward, change.Asset, sign * change.Minor,
            referral.Waits(change.Reward) ?? (change.Pending ? RewardStatus.Reversed : RewardStatus.Released),
            change.ReleaseAt, null, null, 0);
    }
}
