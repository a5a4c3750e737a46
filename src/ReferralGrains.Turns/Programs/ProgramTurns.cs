using System.Diagnostics;
using System.Text.Json;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Turns.Programs;

/// <summary>
/// One program, of (tenant, program): publishes rule versions. On the path of an action only where all its referrers share a budget: then it
/// decides the turns that they hand up (X5).
/// </summary>
public sealed class ProgramTurns(GrainAddress address, TurnWorld world)
    : FoldedTurns<ReferralProgram>(address, world, JournalJson.Default.ReferralProgram, ReferralProgram.FoldVersion)
{
    /// <summary>Of one sale, by all rules of its program: what one row of the journal, and one refund, has to bear.</summary>
    private const int MaxRewardsOfASale = 10_000;

    private readonly BudgetedTurns budgeted = new(address.Tenant, world);

    protected override ReferralProgram Empty => ReferralProgram.None;

    protected override ReferralProgram Evolve(ReferralProgram state, StoredRow row) =>
        ReferralProgram.Evolve(state, row.At, Stream, row.Decode<ProgramEvent>());

    protected override int SeqOf(ReferralProgram state) => state.Seq;

    protected override DateTimeOffset LastAtOf(ReferralProgram state) => state.LastAt;

    protected override async ValueTask<Prepared> Prepare(IReadOnlyList<Envelope> commands)
    {
        var state = await Loaded();
        if (commands[0].Command is DecideReferrals) return await budgeted.Prepare(Stream, state, commands, Take);
        var turn = new ProgramTurn(Stream, Address.Stream, state, Later(await World.Clock.Now(Address.Tenant), state.LastAt));
        var replies = new List<object>(commands.Count);
        foreach (var envelope in commands)
        {
            // What is handed up ends the turn: it is decided in an append with referrals.
            if (envelope.Command is DecideReferrals) break;
            replies.Add(envelope.Command switch
            {
                CreateProgram create => Create(turn, create),
                ChangeProgram change => Change(turn, change),
                PublishRule publish => await Publish(turn, publish),
                SwitchRule change => Switch(turn, change),
                _ => throw new UnreachableException(),
            });
        }

        return new(turn.Append(), replies, () => Durable(state, turn.State));
    }

    protected override void Refresh(AppendOutcome why)
    {
        World.Facts.Forget(Stream);
        budgeted.Refresh(why);
    }

    private void Durable(ReferralProgram before, ReferralProgram after)
    {
        if (after == before) return;
        Take(after);
        World.Facts.Forget(Stream);
    }

    private ProgramReply Create(ProgramTurn turn, CreateProgram create)
    {
        if (turn.State.Terms is not { } terms)
            return Changed(turn, new ProgramCreated(Address.First, create.Name, create.Currency, create.TimeZone, create.NewCustomer, create.Payment, create.ShareUrl));
        var same = (terms.Name, terms.Currency, terms.TimeZone) == (create.Name, create.Currency, create.TimeZone)
            && terms.NewCustomer == create.NewCustomer && terms.Payment == create.Payment && terms.ShareUrl == create.ShareUrl;
        return same ? Same(turn) : Refused(RefusalKind.Conflict, "conflict", Field.Id, "This program exists with other content.");
    }

    private static ProgramReply Change(ProgramTurn turn, ChangeProgram change)
    {
        if (turn.State.Terms is not { } terms) return Missing();
        var changed = new ProgramChanged(
            change.Name ?? terms.Name,
            change.Enabled is { } enabled ? !enabled : terms.Disabled,
            change.NoNewCustomer ? null : change.NewCustomer ?? terms.NewCustomer,
            change.NoPayment ? null : change.Payment ?? terms.Payment,
            change.By,
            change.ShareUrl ?? terms.ShareUrl);
        var same = (changed.Name, changed.Disabled) == (terms.Name, terms.Disabled) && changed.NewCustomer == terms.NewCustomer && changed.Payment == terms.Payment && changed.ShareUrl == terms.ShareUrl;
        return same ? Same(turn) : Changed(turn, changed);
    }

    private async ValueTask<ProgramReply> Publish(ProgramTurn turn, PublishRule publish)
    {
        if (turn.State.Terms is not { } terms) return Missing();
        var rule = terms.Rule(publish.Id);
        var state = publish.State.Over(rule?.State);
        if (rule is not null && rule.State == state && Json(rule.Latest.Terms) == Json(publish.Terms)) return Same(turn);
        if (rule is null && await World.Facts.ProgramOfRule(Address.Tenant, publish.Id, CancellationToken.None) is { } owner && owner != Address.First)
            return Refused(RefusalKind.Conflict, "conflict", Field.Id, "Another program has a rule with this id.");
        if (publish.Terms.Exclusive is { } group && terms.Rules.FirstOrDefault(other => other.Id != publish.Id && other.Latest.Terms.Exclusive == group) is { } equal)
            return Refused(
                RefusalKind.Senseless, "exclusive_priority_taken", Field.Exclusive, $"Rule {equal.Id} has priority {group.Priority} in the group {group.Group} already.");
        if (BudgetRefusal(rule, publish, state) is { } refused) return refused;
        var published = new RulePublished(
            rule?.Number ?? terms.Rules.Length + 1, publish.Id, (rule?.Versions.Length ?? 0) + 1, publish.Terms, state);
        var would = turn.After(published).Terms!;
        if (would.MostRewardsOfASale > MaxRewardsOfASale && would.MostRewardsOfASale > terms.MostRewardsOfASale)
            return Refused(
                RefusalKind.Senseless, "too_many_rewards", Field.Tiers, $"One sale could earn {would.MostRewardsOfASale} rewards by all rules together; at most {MaxRewardsOfASale} are possible.");
        if (publish.DryRun) return new(null, true, would);
        if (rule is not null) return Changed(turn, published);
        turn.ApplyFirst(published);
        return new(null, true, turn.State.Terms);
    }

    // What is counted is one asset, of what sales earn, and stays with who counts it (X5). Who was enrolled before has the terms of then.
    private static ProgramReply? BudgetRefusal(Rule? rule, PublishRule publish, RuleState state)
    {
        if (state.Budget is not { } budget) return null;
        if (rule?.State.Budget is { } there && there.Per != budget.Per)
            return Refused(RefusalKind.Conflict, "budget_owner_fixed", Field.Budget, "Whose a budget is stays as it is; its amount can be changed.");
        if (publish.Terms.Trigger == Trigger.Interval || rule?.Versions.Any(version => version.Terms.Trigger == Trigger.Interval) == true)
            return Refused(RefusalKind.Senseless, "invalid_rule", Field.Budget, "A schedule is bounded by its times: a budget is for what sales earn.");
        return rule?.Versions.Any(version => version.Terms.Reward.Asset != publish.Terms.Reward.Asset) == true
            ? Refused(RefusalKind.Senseless, "budget_of_one_asset", Field.Budget, "A budget counts one asset, and an earlier version of this rule gave another.")
            : null;
    }

    private static ProgramReply Switch(ProgramTurn turn, SwitchRule change)
    {
        if (turn.State.Terms is not { } terms) return Missing();
        if (terms.Rule(change.Id) is not { } rule) return Refused(RefusalKind.NotFound, "rule_not_found", Field.Id, "There is no such rule.");
        return rule.State.Enabled == change.Enabled ? Same(turn) : Changed(turn, new RuleSwitched(rule.Number, change.Enabled, change.By));
    }

    private static string Json(RewardRule terms) => JsonSerializer.Serialize(terms, JournalJson.Default.RewardRule);

    private static ProgramReply Changed(ProgramTurn turn, ProgramEvent e)
    {
        turn.Apply(e);
        return new(null, true, turn.State.Terms);
    }

    private static ProgramReply Same(ProgramTurn turn) => new(null, false, turn.State.Terms);

    private static ProgramReply Missing() => Refused(RefusalKind.NotFound, "program_not_found", Field.ProgramId, "There is no such program.");

    private static ProgramReply Refused(RefusalKind kind, string code, Field field, string detail) => new(new(kind, code, field, detail), false, null);
}
