using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Simulation.Market;

namespace ReferralGrains.Simulation.Oracle;

/// <summary>What was answered is recorded, each action has one effect, and a repeat gets the first answer.</summary>
internal static class ActionChecks
{
    public static IEnumerable<string> Recorded(ClientLog log, History history)
    {
        var carried = history.Rows.Where(row => row.Event.ActionId is not null).ToLookup(row => (row.Tenant, row.Event.ActionId!.Value));
        foreach (var twice in carried.Where(rows => rows.Count() > 1))
            yield return $"action {twice.Key} is recorded {twice.Count()} times";

        foreach (var sending in log.Sendings.Where(sending => sending.Outcome is not null))
        {
            var (key, outcome) = ((sending.To.Tenant, sending.Action.Id), sending.Outcome!);
            if (!carried[key].Any(row => (row.Stream, row.Seq) == (outcome.Stream, outcome.Seq) && row.Event.Hash == sending.Action.Hash)
                && !(history.Database.Moved(key.Tenant, key.Id) is { } to && (to.Stream, to.Seq, to.Hash) == (outcome.Stream, outcome.Seq, sending.Action.Hash)))
                yield return $"action {key} was acknowledged as row {outcome.Seq} of stream {outcome.Stream} and is lost";
        }

        foreach (var sending in log.Sendings.Where(sending => sending.DryRun && carried[(sending.To.Tenant, sending.Action.Id)].Any()))
            yield return $"action {sending.Action.Id} was a dry run and is recorded";

        foreach (var intention in log.Sendings.GroupBy(sending => sending.Intention))
        {
            var ids = intention.Select(sending => (sending.To.Tenant, sending.Action.Id)).Distinct().Where(id => carried[id].Any(row => intention.Any(sending => sending.Action.Hash == row.Event.Hash))).ToList();
            if (ids.Count > 1) yield return $"what a client meant once has {ids.Count} effects: {string.Join(", ", ids)}";
        }
    }

    public static IEnumerable<string> OneEffect(History history)
    {
        foreach (var referral in history.Referrals)
        {
            var effects = referral.Events.Select(e => e.Event switch
            {
                SaleDecided sale => (sale.Replays, sale.Action),
                SaleReversed reversed => (reversed.Replays, reversed.Action),
                ReversalUndone undone => (undone.Replays, undone.Action),
                _ => default,
            }).Where(effect => effect.Action is not null).ToList();
            foreach (var twice in effects.GroupBy(effect => effect.Action.Id).Where(group => group.Count() > 1))
                yield return $"action {twice.Key} of {referral.Place} took effect {twice.Count()} times";

            var sales = referral.Events.Select(e => e.Event).OfType<SaleDecided>().Where(sale => sale.Replays > 0).Select(sale => sale.Replays).ToList();
            if (!sales.SequenceEqual(sales.Order())) yield return $"parked sales of {referral.Place} took effect in the order {string.Join(", ", sales)}";
        }
    }

    /// <summary>Nothing waits for what is there (D10).</summary>
    public static IEnumerable<string> Unparked(History history)
    {
        foreach (var referral in history.Referrals.Where(referral => referral.State.Status is ReferralStatus.Approved or ReferralStatus.Cancelled))
        {
            var decided = referral.Events.Select(e => (e.Event as SaleDecided)?.Action.Id).OfType<CallerId>().ToHashSet();
            var undone = referral.Events.Select(e => (e.Event as ReversalUndone)?.Undone).OfType<CallerId>().ToHashSet();
            var reversed = referral.Events.Select(e => (e.Event as SaleReversed)?.Action).OfType<ReferralAction>().ToList();
            foreach (var parked in referral.State.Parked)
                if (IsThere(parked.Action)) yield return $"action {parked.Action.Id} of {referral.Place} still waits for {parked.Action.About}";

            // A win that names a sale waits while none or several of its chargebacks are open, which its answers say, not this.
            bool IsThere(ReferralAction waiting) => waiting.Kind switch
            {
                ActionKind.Sale => true,
                ActionKind.RefundFailed => reversed.Exists(action => action.Kind == ActionKind.Refund && action.Id == waiting.About),
                ActionKind.ChargebackWon => reversed.Exists(action => action.Kind == ActionKind.Chargeback && action.Id == waiting.About)
                    || (reversed.Where(action => action.Kind == ActionKind.Chargeback && action.About == waiting.About).ToList() is [var only] && !undone.Contains(only.Id)),
                _ => decided.Contains(waiting.About!.Value),
            };
        }
    }

    public static IEnumerable<string> SameAnswer(ClientLog log)
    {
        foreach (var action in log.Sendings.Where(sending => sending.Outcome is not null).GroupBy(sending => (sending.To.Tenant, sending.Action.Id)))
        {
            if (action.Count(sending => !sending.Reply!.Duplicate) > 1) yield return $"action {action.Key} was answered as new more than once";
            var answers = action.OrderBy(sending => sending.AnsweredAt).Where(sending => sending.Outcome!.Status != ActionStatus.Parked)
                .Select(sending => Text(sending.Outcome!)).Distinct().ToList();
            if (answers.Count > 1) yield return $"action {action.Key} was answered differently: {string.Join(" | ", answers)}";
        }
    }

    public static IEnumerable<string> Conflicts(ClientLog log, History history)
    {
        foreach (var sending in log.Sendings.Where(sending => sending.Reply?.Refusal?.Code == "action_conflict"))
        {
            var (tenant, action) = (sending.To.Tenant, sending.Action);
            if (history.Database.Action(tenant, action.Id)?.Event.Hash is not { } hash || hash == action.Hash)
                yield return $"action {action.Id} was refused as a conflict with nothing";
            if (!sending.DryRun && !history.Database.Conflicts.Any(conflict => conflict.Tenant == tenant && conflict.Row.ActionId == action.Id && conflict.Row.Hash == action.Hash))
                yield return $"the conflict of action {action.Id} is not on record";
        }
    }

    /// <summary>What was answered before another was sent comes before it (D3).</summary>
    public static IEnumerable<string> InOrder(ClientLog log)
    {
        foreach (var referral in log.Sendings.GroupBy(sending => sending.To))
        {
            // What had waited under an alias comes, in the order in which it waited, when that is one (X8).
            var actions = referral.GroupBy(sending => sending.Action.Id).Where(sent => sent.Any(sending => sending.Outcome is not null)).Select(sent => (
                Id: sent.Key,
                Sent: sent.Min(sending => sending.SentAt),
                Answered: sent.Where(sending => sending.Outcome is not null).Min(sending => sending.AnsweredAt),
                sent.First(sending => sending.Outcome is not null).Outcome!.Stream,
                sent.First(sending => sending.Outcome is not null).Outcome!.Seq)).ToList();
            foreach (var first in actions)
                foreach (var second in actions)
                    if (first.Answered < second.Sent && first.Stream == second.Stream && first.Seq >= second.Seq)
                        yield return $"action {first.Id} was answered before {second.Id} was sent, and comes after it: {string.Join("\n    ", referral.Where(x => x.Action.Id == first.Id || x.Action.Id == second.Id).Select(x => $"{x.SentAt}-{x.AnsweredAt} {x.Action.Id} {x.Action.Note} {x.DryRun} {x.Reply?.Refusal?.Code} {x.Outcome?.Seq} {x.Outcome?.Stream} {x.Reply?.Duplicate} {x.Outcome?.Status}"))}";
        }
    }

    private static string Text(ActionOutcome outcome) => outcome.Status + ": " + string.Join(
        "; ", outcome.Decisions.Select(decision => (decision.Enrollment, decision.Rule, decision.Version, decision.Code, decision.Reward, decision.Asset, decision.Minor)));
}
