using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Domain.WhatIf;

/// <summary>
/// What is undone of the first sales that some referrers' referees were paid for together, and which referral has the reward (H9): for a
/// replay, what rows are for the journal. What has changed is settled before the next event.
/// </summary>
public sealed class ReplayedRounds
{
    private readonly Dictionary<(StreamId Referrer, int Rule, int Number), Round> rounds = [];
    private readonly Queue<(StreamId Referrer, int Rule, int Number)> changed = [];

    /// <summary>Takes what an event of a referral says of rounds.</summary>
    internal void Take(ReplayedReferral referral, ReferralEvent e)
    {
        switch (e)
        {
            case SaleDecided sale:
                foreach (var decision in sale.Decisions)
                    if (Pays(decision)) Change(new(sale.Referrer, decision.Rule, decision.Further!.Round, 0), round => round with { Has = referral, Action = sale.Action.Id });
                break;
            case SaleReversed { Rounds: { } more }: Undo(more); break;
            case ReversalUndone { Rounds: { } less }: Undo(less); break;
            case RoundReversed settled:
                var key = (settled.Referrer, settled.Rule, settled.Round);
                rounds[key] = rounds[key] with { SettledMinor = settled.UndoneMinor };
                break;
        }
    }

    internal void Settle(ReplayedBooks books)
    {
        while (changed.TryDequeue(out var key))
            if (rounds[key] is { Has: { } referral } round && round.UndoneMinor != round.SettledMinor)
                referral.Settle(new(key.Referrer, key.Rule, key.Number, round.Action, round.UndoneMinor), books);
    }

    /// <summary>Whether a decision is the one that has a round's reward.</summary>
    internal static bool Pays(RuleDecision decision) => decision is { Minor: > 0, Further.Round: > 0 };

    private void Undo(IEnumerable<RoundShare> shares)
    {
        foreach (var share in shares) Change(share, round => round with { UndoneMinor = round.UndoneMinor + share.Minor });
    }

    private void Change(RoundShare of, Func<Round, Round> change)
    {
        var key = (of.Referrer, of.Rule, of.Round);
        rounds[key] = change(rounds.GetValueOrDefault(key));
        changed.Enqueue(key);
    }

    private readonly record struct Round(ReplayedReferral? Has, CallerId Action, long UndoneMinor, long SettledMinor);
}
