using System.Collections.Immutable;
using System.Diagnostics;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Discounts;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Programs;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Integration.Tests.Gateway.World;

/// <summary>The deciders behind a router, without an engine and without a journal: enough for the gateway to answer truly.</summary>
internal sealed class InMemoryGrains(TimeProvider time, ITenantClock clock) : IGrainRouter, IFacts, IDiscounts
{
    private readonly Lock gate = new();
    private readonly Dictionary<GrainAddress, StreamId> streams = [];
    private long commands;

    public Dictionary<GrainAddress, ReferralProgram> Programs { get; } = [];

    public Dictionary<GrainAddress, (Referrer State, ReferrerProfile Profile)> Referrers { get; } = [];

    public Dictionary<GrainAddress, InMemoryReferral> Referrals { get; } = [];

    public Dictionary<(int Tenant, CallerId Action), List<ActionConflict>> Conflicts { get; } = [];

    public InMemoryPayouts Payouts => field ??= new(StreamOf, time.GetUtcNow);

    public InMemoryLedger Ledger => field ??= new((tenant, referrer) => Referrers.ContainsKey(GrainAddress.Referrer(tenant, referrer)));

    public Dictionary<(int Tenant, DiscountSide Side, CallerId Payment), FoundPayment> Discounts { get; } = [];

    /// <summary>Runs before each command, on the caller's time: to make a grain slow, busy or unreachable.</summary>
    public Func<GrainAddress, ICommand, Task> Before { get; set; } = static (_, _) => Task.CompletedTask;

    public long Commands => Volatile.Read(ref commands);

    public async Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop)
    {
        await Before(to, command).WaitAsync(stop);
        Interlocked.Increment(ref commands);
        var now = await clock.Now(to.Tenant);
        lock (gate)
        {
            return (TReply)(to.Kind switch
            {
                GrainKind.Program => (object)Decide(to, (ICommand)command, Programs.GetValueOrDefault(to, ReferralProgram.None)),
                GrainKind.Referrer when command is BookEntry or SpendAsset => Ledger.Decide(to.Tenant, StreamOf(to), Referrers.GetValueOrDefault(to).State ?? Domain.Referrers.Referrer.None, command, now),
                GrainKind.Referrer when command is QuotePayment or ConfirmPayment or ReleasePayment => Pay(to, command),
                GrainKind.Referrer => Decide(to, command),
                GrainKind.Referral => Decide(to, (IReferralCommand)command, now),
                GrainKind.PayoutBatch or GrainKind.PayoutItem or GrainKind.PayoutPlan => Payouts.Decide(to, command),
                _ => throw new UnreachableException(),
            });
        }
    }

    public ValueTask<ProgramTerms?> Program(int tenant, CallerId id, CancellationToken stop) =>
        new(Programs.GetValueOrDefault(GrainAddress.Program(tenant, id))?.Terms);

    public Task<CallerId?> ProgramOfRule(int tenant, CallerId rule, CancellationToken stop) =>
        Task.FromResult(Programs.Where(pair => pair.Key.Tenant == tenant && pair.Value.Terms!.Rule(rule) is not null).Select(pair => (CallerId?)pair.Key.First).FirstOrDefault());

    public ValueTask<ReferrerFacts?> Referrer(int tenant, CallerId id, CancellationToken stop) => new(Facts(GrainAddress.Referrer(tenant, id)));

    public ValueTask<ReferrerFacts?> Referrer(int tenant, StreamId stream, CancellationToken stop) =>
        new(Facts(streams.First(pair => pair.Value == stream).Key));

    public Task<FoundPayment?> Find(int tenant, DiscountSide side, CallerId payment, CancellationToken stop) =>
        Task.FromResult(Discounts.GetValueOrDefault((tenant, side, payment)));

    public Task<IReadOnlyList<StreamId>> Waiting(StreamId referrer, StreamId program, bool byHand, int limit) => throw new NotSupportedException();

    public Task<FoundUse?> Use(int tenant, CallerId program, CallerId referee) => Task.FromResult<FoundUse?>(null);

    public Task<IReadOnlyDictionary<StreamId, CallerId>> Referees(IEnumerable<StreamId> referrals, CancellationToken stop) => Task.FromResult(
        (IReadOnlyDictionary<StreamId, CallerId>)referrals.ToDictionary(referral => referral, referral => streams.First(pair => pair.Value == referral).Key.Second!.Value));

    public ValueTask<bool> Confirm(IReadOnlyList<FactRead> reads) => new(true);

    public ValueTask<long> Parked(int tenant, CancellationToken stop) => new(0L);

    public void Forget(StreamId stream)
    {
    }

    private ProgramReply Decide(GrainAddress to, ICommand command, ReferralProgram state)
    {
        ProgramEvent? e = null;
        switch (command)
        {
            case CreateProgram create when state.Terms is { } there:
                return (there.Name, there.Currency, there.TimeZone) == (create.Name, create.Currency, create.TimeZone)
                    ? new(null, false, there)
                    : new(new(RefusalKind.Conflict, "conflict", Field.Id, "It exists with other content."), false, null);
            case CreateProgram create:
                e = new ProgramCreated(to.First, create.Name, create.Currency, create.TimeZone, create.NewCustomer, create.Payment, create.ShareUrl);
                break;
            case ChangeProgram change:
                var was = state.Terms!;
                e = new ProgramChanged(
                    change.Name ?? was.Name, !(change.Enabled ?? !was.Disabled), change.NoNewCustomer ? null : change.NewCustomer ?? was.NewCustomer,
                    change.NoPayment ? null : change.Payment ?? was.Payment, change.By, change.ShareUrl ?? was.ShareUrl);
                break;
            case PublishRule publish:
                var rule = state.Terms!.Rule(publish.Id);
                var sent = publish.State.Over(rule?.State);
                if (rule is not null && rule.State == sent && rule.Latest.Terms.ToString() == publish.Terms.ToString()) return new(null, false, state.Terms);
                if (rule is null && Programs.Any(other => other.Key.Tenant == to.Tenant && other.Value.Terms!.Rule(publish.Id) is not null))
                    return new(new(RefusalKind.Conflict, "conflict", Field.Id, "Another program has a rule with this id."), false, null);
                e = new RulePublished(rule?.Number ?? state.Terms.Rules.Length + 1, publish.Id, (rule?.Versions.Length ?? 0) + 1, publish.Terms, sent);
                if (publish.DryRun) return new(null, true, ReferralProgram.Evolve(state, time.GetUtcNow(), StreamOf(to), e).Terms);
                break;
            case SwitchRule change:
                if (state.Terms!.Rule(change.Id)!.State.Enabled == change.Enabled) return new(null, false, state.Terms);
                e = new RuleSwitched(state.Terms.Rule(change.Id)!.Number, change.Enabled, change.By);
                break;
        }

        var next = ReferralProgram.Evolve(state, time.GetUtcNow(), StreamOf(to), e!);
        Programs[to] = next;
        return new(null, true, next.Terms);
    }

    private ReferrerReply Decide(GrainAddress to, ICommand command)
    {
        var stream = StreamOf(to);
        if (!Referrers.TryGetValue(to, out var there))
        {
            if (command is not CreateReferrer create) return new(new(RefusalKind.NotFound, "referrer_not_found", Field.ReferrerId, "There is no such referrer."), false, default);
            var profile = new ReferrerProfile(
                stream, to.First, create.Code ?? $"CODE{stream}", create.Email, create.Name, create.Tags, create.CashOptIn, create.StripeCustomerId, false, [], time.GetUtcNow());
            Referrers[to] = (Evolved(Domain.Referrers.Referrer.None, new ReferrerCreated(create.Tags)), profile);
            return new(null, true, stream);
        }

        var (state, old) = there;
        switch (command)
        {
            case CreateReferrer again:
                return (old.Email, old.Name, old.CashOptIn) == (again.Email, again.Name, again.CashOptIn)
                    ? new(null, false, stream)
                    : new(new(RefusalKind.Conflict, "conflict", Field.Id, "It exists with other content."), false, default);
            case ChangeReferrer change:
                Referrers[to] = (state, old with { Email = change.NoEmail ? null : change.Email ?? old.Email, Name = change.NoName ? null : change.Name ?? old.Name, Code = change.Code ?? old.Code, Tags = change.Tags ?? old.Tags });
                return new(null, true, stream);
            case CloseReferrer close:
                Referrers[to] = (Evolved(state, new ReferrerClosed(close.Reason, close.By)), old with { Closed = true });
                return new(null, state.Status == ReferrerStatus.Active, stream);
            case ChooseReferral or ResolveReferrerFlag:
                return new(null, true, stream);
            case GrantRule grant:
                if (Programs.GetValueOrDefault(GrainAddress.Program(to.Tenant, grant.Program))?.Terms is not { } program || program.Rule(grant.Rule) is not { } rule)
                    return new(new(RefusalKind.NotFound, "rule_not_found", Field.Rule, "There is no such rule."), false, default);
                var granted = new GrantedRule(program.Stream, rule.Number);
                if (state.Granted.Contains(granted) == grant.Granted) return new(null, false, stream);
                Referrers[to] = (Evolved(state, grant.Granted ? new RuleGranted(granted, grant.By) : new RuleRevoked(granted, grant.By)), old);
                return new(null, true, stream);
            default:
                throw new UnreachableException();
        }
    }

    private PaymentReply Pay(GrainAddress to, object command)
    {
        if (!Referrers.TryGetValue(to, out var there)) return new(new DiscountOutcome(new(RefusalKind.NotFound, "referrer_not_found", Field.ReferrerId, "There is no such referrer."), false, null));
        var (stream, payment) = (StreamOf(to), command switch { QuotePayment one => one.Payment, ConfirmPayment one => one.Payment, _ => ((ReleasePayment)command).Payment });
        var known = Discounts.GetValueOrDefault((to.Tenant, DiscountSide.Referrer, payment));
        var program = command is QuotePayment asked ? Programs.GetValueOrDefault(GrainAddress.Program(to.Tenant, asked.Program))?.Terms : null;
        if (command is QuotePayment && program is null) return new(new DiscountOutcome(new(RefusalKind.NotFound, "program_not_found", Field.ProgramId, "There is no such program."), false, null));
        (ReferrerEvent? E, DiscountOutcome? Outcome) decided = command switch
        {
            QuotePayment quote => Quoted(quote),
            ConfirmPayment => (new PaymentConfirmed(payment), PaymentDiscounts.Confirm(stream, known?.Payment)),
            _ => (new PaymentReleased(payment, "admin"), PaymentDiscounts.Release(stream, known?.Payment)),
        };
        if (decided.Outcome is not null) return new(decided.Outcome);
        var after = PaymentDiscounts.After(decided.E!, stream, _ => known!.Payment)!;
        Discounts[(to.Tenant, DiscountSide.Referrer, payment)] = new(after, known?.Program ?? program!.Id, to.First);
        return new(new DiscountOutcome(null, true, after, after.Why));

        (ReferrerEvent?, DiscountOutcome?) Quoted(QuotePayment quote)
        {
            var waiting = Referrals.Values.Where(referral => referral.State.Referrer == stream && referral.Program == program!.Stream && !Used(referral.Stream)).Select(referral => referral.Stream);
            var (e, outcome) = PaymentDiscounts.Quote(
                stream, there.State.Status == ReferrerStatus.Closed, program!.Stream, program.Payment, known?.Payment, payment, quote.AmountMinor, waiting);
            return (e, outcome);
        }

        bool Used(StreamId referral) => Discounts.Values.Any(one => one.Payment.State != DiscountState.Released && one.Payment.Applied.Any(applied => applied.Referral == referral));
    }

    private object Decide(GrainAddress to, IReferralCommand command, DateTimeOffset now)
    {
        var missing = new Refusal(RefusalKind.NotFound, "program_not_found", Field.ProgramId, "There is no such program.");
        if (Programs.GetValueOrDefault(GrainAddress.Program(to.Tenant, to.First))?.Terms is not { } program)
            return command is RecordActions record ? new ActionsRecorded([.. record.Actions.Select(_ => new ActionReply(missing, null))]) : new ReferralReply(missing, false, default, null);
        var referral = Referrals.GetValueOrDefault(to) ?? new(StreamOf(to), program.Stream);
        var attribute = command as AttributeReferral;
        var names = attribute?.Referrer ?? (command as ReassignReferral)?.Referrer;
        var named = names is null ? null : Facts(GrainAddress.Referrer(to.Tenant, names.Value));
        var suspected = named is null || attribute is null ? SelfReferral.None : SelfReferrals.Of(named.Id, Referrers[GrainAddress.Referrer(to.Tenant, named.Id)].Profile.Email, to.Second!.Value, attribute!.RefereeEmail);
        var known = referral.State.Status == ReferralStatus.None ? null : Facts(streams.First(pair => pair.Value == referral.State.Referrer).Key);
        var facts = new DecisionFacts(now, program, known, program.NeedsReferrer ? Tally.Empty : null);
        var turn = new ReferralTurn(referral.State, facts, referral.Known);
        var conflicts = new List<ReferralAction>();
        var asked = command is ICheckoutCommand checkout ? Discounts.GetValueOrDefault((to.Tenant, DiscountSide.Referee, checkout.Payment))?.Payment : null;
        var alias = command is AddAlias add ? Found(to, add.Alias) : null;
        var reply = ReferralWork.Run(turn, [new(command, named, suspected, asked, alias)], conflicts)[0];
        if (command is RecordActions { DryRun: true }) return reply;
        foreach (var (payment, _) in turn.Payments.Changed) Discounts[(to.Tenant, DiscountSide.Referee, payment.Payment)] = new(payment, to.First, to.Second!.Value);
        referral.Take(turn);
        if (turn.Events.Count > 0) Referrals[to] = referral;
        foreach (var action in conflicts) Noted(to.Tenant, action);
        return reply;
    }

    // What waits under it is not moved here: there is no journal.
    private FoundAlias Found(GrainAddress to, CallerId alias) => GrainAddress.Referral(to.Tenant, to.First, alias) is var other && Referrals.TryGetValue(other, out var there)
        ? new(alias, to.Second!.Value, there.Stream, there.State with { Parked = ParkedActions.None })
        : new(alias, to.Second!.Value, StreamOf(other), Referral.None);

    private void Noted(int tenant, ReferralAction action)
    {
        if (!Conflicts.TryGetValue((tenant, action.Id), out var noted)) Conflicts[(tenant, action.Id)] = noted = [];
        noted.Add(new(time.GetUtcNow(), action));
    }

    private ReferrerFacts? Facts(GrainAddress address) =>
        Referrers.TryGetValue(address, out var there)
            ? new(StreamOf(address), address.First, there.State.FactVersion, there.State.Status == ReferrerStatus.Closed, there.State.Tags, there.State.Granted)
            : null;

    private Referrer Evolved(Referrer state, ReferrerEvent e) => Domain.Referrers.Referrer.Evolve(state, time.GetUtcNow(), e);

    public StreamId StreamOf(GrainAddress address) =>
        streams.TryGetValue(address, out var stream) ? stream : streams[address] = new(streams.Count + 1);
}
