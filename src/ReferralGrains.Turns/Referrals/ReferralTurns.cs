using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Turns.Referrals;

/// <summary>
/// One referral with all its enrollments, of (tenant, program, referee): the write unit. In a tiered program it hands its turn up to
/// the referrer grain, which commits both in one append (H2).
/// </summary>
public sealed class ReferralTurns(GrainAddress address, TurnWorld world)
    : FoldedTurns<Referral>(address, world, JournalJson.Default.Referral, ReferralFold.Version)
{
    private bool looksFirst;
    private CallerId? movedTo;
    private bool looked;
    private ImmutableArray<FactRead> relied = [];

    protected override Referral Empty => Referral.None;

    private CallerId ProgramId => Address.First;

    protected override Referral Evolve(Referral state, StoredRow row) => ReferralFold.Evolve(state, row.At, row.Decode<ReferralEvent>());

    protected override int SeqOf(Referral state) => state.Seq;

    protected override DateTimeOffset LastAtOf(Referral state) => state.LastAt;

    protected override Referral Redacted(Referral state)
    {
        var shown = ParkedActions.None;
        foreach (var parked in state.Parked) shown = shown.With(parked with { Action = parked.Action with { Note = null, Metadata = null } });
        return state with { Parked = shown };
    }

    protected override async ValueTask<Prepared> Prepare(IReadOnlyList<Envelope> commands)
    {
        var state = await Loaded();
        if (state.AliasOf is { } referral) return Moved(movedTo ??= new((await World.Loader.Key(referral)).Second), commands);
        if (await World.Facts.Program(Address.Tenant, ProgramId, CancellationToken.None) is not { } terms) return NoProgram(commands);
        relied = [new(terms.Stream, terms.Revision)];
        if (!state.IsCoveredBy(terms)) return Again(AppendOutcome.FactMoved);
        var taken = terms.NeedsReferrer ? Prefix(state, commands) : commands;
        var referrer = await Referrer(state);
        if (referrer is not null) relied = relied.Add(new(referrer.Stream, referrer.Version));
        var prepared = new List<PreparedCommand>(taken.Count);
        foreach (var envelope in taken)
        {
            // It changes whose books the turn is decided with.
            if (prepared.Count > 0 && envelope.Command is ReassignReferral) break;
            prepared.Add(await Prepare((IReferralCommand)envelope.Command, referrer));
            if (envelope.Command is ReassignReferral) break;
        }

        var facts = new DecisionFacts(Later(await Now(taken, prepared), state.LastAt), terms, referrer, Tally: null);
        if (state.AsksForCustomer(facts.Now)) facts = facts with { Customer = await Customer(state) };
        var undone = await Undone(terms, prepared);
        var known = await Known(state, prepared, undone);
        if (known.IsAhead(state.Seq) || prepared.Exists(command => command.Payment is { } payment && payment.Owner == Stream && CheckoutDiscounts.IsAhead(payment, state))) return Again(AppendOutcome.StreamMoved);
        if (prepared is [{ Command: ReassignReferral, Referrer: { } next }] && state.Status != ReferralStatus.None) facts = facts with { Referrer = next };
        if (state.Scheduled is not null) facts = facts with { Earlier = await Earlier(state, facts.Referrer) };
        var decides = facts.Referrer ?? prepared.Find(static command => command.Referrer is not null)?.Referrer;
        if (terms.NeedsReferrer && decides is not null) return await HandUp(state, decides, facts, prepared, known, undone);

        if (await Parking.IsFull(World, Address.Tenant, state, prepared)) facts = facts with { ParkingFull = true };
        var turn = new ReferralTurn(state, facts, known);
        var conflicts = new List<ReferralAction>();
        var replies = ReferralWork.Run(turn, prepared, conflicts);
        if (MayRepeat(replies)) return Again(AppendOutcome.StreamMoved);
        return new(ReferralAppend.Of(Address.Stream, turn, state, conflicts, World.MostAttributions), replies, () => Durable(turn.State)) { Relied = relied };
    }

    // What is refused appends nothing, so no index says that it was sent before and taken: the next look is first (D11).
    private bool MayRepeat(ImmutableArray<IReferralReply> replies)
    {
        if (looked || !replies.Any(static reply => reply is ActionsRecorded recorded && recorded.Replies.Any(static one => one.Refusal is { Kind: not RefusalKind.Conflict }))) return false;
        looksFirst = true;
        return true;
    }

    protected override void Refresh(AppendOutcome why)
    {
        foreach (var read in relied) World.Facts.Forget(read.Stream);
        if (why != AppendOutcome.ActionKnown) return;
        looksFirst = true;
        World.Repeats.Met(Address.Tenant);
    }

    private void Durable(Referral state)
    {
        Take(state);
        looksFirst = false;
        relied = [];
    }

    private async ValueTask<DateTimeOffset> Now(IReadOnlyList<Envelope> commands, List<PreparedCommand> prepared)
    {
        var now = await World.Clock.Now(Address.Tenant);
        foreach (var command in prepared)
            if (command.Alias is { } alias) now = Later(now, alias.State.LastAt);
        foreach (var envelope in commands)
            if (envelope.Command is SettleDue settle) now = Later(settle.At, now);
        return now;
    }

    private ValueTask<CustomerState> Customer(Referral state) => state.StripeCustomerId is { } customer
        ? World.Customers.Look(Address.Tenant, customer)
        : ValueTask.FromResult(CustomerState.Unknown);

    private async ValueTask<ReferrerFacts?> Referrer(Referral state) =>
        state.Status == ReferralStatus.None ? null : await World.Facts.Referrer(Address.Tenant, state.Referrer, CancellationToken.None);

    // Rows of schedules stay whose they were when the referral is given to another.
    private async ValueTask<ImmutableArray<ReferrerFacts>> Earlier(Referral state, ReferrerFacts? referrer)
    {
        var earlier = ImmutableArray.CreateBuilder<ReferrerFacts>();
        foreach (var owner in state.Scheduled!.Value.Select(static row => row.Referrer).Distinct())
            if (owner != referrer?.Stream && await World.Facts.Referrer(Address.Tenant, owner, CancellationToken.None) is { } facts) earlier.Add(facts);
        relied = relied.AddRange(earlier.Select(static facts => new FactRead(facts.Stream, facts.Version)));
        return earlier.DrainToImmutable();
    }

    private async ValueTask<PreparedCommand> Prepare(IReferralCommand command, ReferrerFacts? referrer)
    {
        if (command is AddAlias add) return new(command, null, Alias: await Found(add.Alias, referrer));
        if (command is ICheckoutCommand checkout)
            return new(command, null, Payment: (await World.Discounts.Find(Address.Tenant, DiscountSide.Referee, checkout.Payment, CancellationToken.None))?.Payment);
        if (command is ReassignReferral reassign)
        {
            var next = await World.Facts.Referrer(Address.Tenant, reassign.Referrer, CancellationToken.None);
            if (next is not null) relied = relied.Add(new(next.Stream, next.Version));
            return new(command, next, await Suspected(reassign.Referrer, Address.Second!.Value, null));
        }

        if (command is not AttributeReferral attribute) return new(command, null);
        var named = await World.Facts.Referrer(Address.Tenant, attribute.Referrer, CancellationToken.None);
        if (named is not null) relied = relied.Add(new(named.Stream, named.Version));
        return new(command, named, named is null ? SelfReferral.None : await Suspected(named.Id, Address.Second!.Value, attribute.RefereeEmail));
    }

    private async ValueTask<FoundAlias> Found(CallerId alias, ReferrerFacts? referrer)
    {
        var loaded = await World.Loader.Load(GrainAddress.Referral(Address.Tenant, ProgramId, alias).Stream);
        var state = Referral.None;

        // Without a referral there are no rows but of what waits: where there are more, that is all that is to be known.
        if (loaded.Head > ActionDecider.MaxParked + 1) state = state with { Seq = loaded.Head, Status = ReferralStatus.Approved };
        else
        {
            var tail = loaded.Rows is { } all ? new(null, all, GoesOn: false) : await World.Loader.Tail(loaded.Stream, 0);
            await foreach (var row in World.Loader.ToTheEnd(loaded.Stream, tail)) state = Evolve(state, row);
        }

        var self = referrer is null ? SelfReferral.None : await Suspected(referrer.Id, alias, alias.Value);
        return new(alias, Address.Second!.Value, loaded.Stream, state, self);
    }

    private async ValueTask<SelfReferral> Suspected(CallerId referrer, CallerId referee, string? refereeEmail)
    {
        var profile = refereeEmail is null ? null : await World.Profiles.Find(Address.Tenant, referrer);
        var known = SelfReferrals.Of(referrer, profile?.Email, referee, refereeEmail);
        return known == SelfReferral.None && await World.Profiles.ShareAccount(Address.Tenant, referrer, referee) ? SelfReferral.SameAccount : known;
    }

    // A turn in a tiered program goes to one referrer, so an attribution, which may choose it, ends the turn.
    private static IReadOnlyList<Envelope> Prefix(Referral state, IReadOnlyList<Envelope> commands)
    {
        if (state.Status != ReferralStatus.None) return commands;
        for (var i = 0; i < commands.Count; i++)
            if (commands[i].Command is AttributeReferral) return i == 0 ? [commands[0]] : [.. commands.Take(i)];
        return commands;
    }

    // Only the sweep asks: it knows that there is something.
    private async ValueTask<ImmutableArray<UndoneRound>> Undone(ProgramTerms terms, List<PreparedCommand> commands) =>
        terms.GathersSales && commands.Exists(static command => command.Command is SettleDue) ? [.. await World.Tallies.Undone(Stream)] : [];

    private async ValueTask<KnownActions> Known(Referral state, List<PreparedCommand> commands, ImmutableArray<UndoneRound> undone)
    {
        var known = new KnownActions(Stream, state);
        var actions = new List<ReferralAction>();
        var moved = false;
        var dryRun = false;
        foreach (var command in commands)
        {
            moved |= command.Alias is { State.Parked.IsEmpty: false };
            if (command.Command is not RecordActions record) continue;
            actions.AddRange(record.Actions);
            dryRun |= record.DryRun; // Nothing is written, so no index says that it was sent before.
        }

        var first = looksFirst || dryRun || actions.Count > 0 && World.Repeats.LooksFirst(Address.Tenant);
        looked = first;
        if (!first && !moved && undone.IsEmpty && actions.TrueForAll(static action => action.About is null)) return known;

        // What waits is not looked up: what it waits for comes through this grain, and is known then. But under an alias it was not.
        var ids = actions.Concat(commands.SelectMany(static command => command.Alias?.State.Parked ?? ParkedActions.None).Select(static parked => parked.Action))
            .Select(action => action.About).OfType<CallerId>().Concat(undone.Select(static round => round.Action)).ToHashSet();
        if (first) ids.UnionWith(actions.Select(action => action.Id));

        // What has happened since may refuse a win that was taken, and a turn that is handed up may be written by then for what came with it.
        else ids.UnionWith(actions.Where(static action => action.Kind == ActionKind.ChargebackWon).Select(static action => action.Id));
        ids.RemoveWhere(id => known.Find(id) is not null);

        // A won chargeback leads to its chargeback, and that to its sale: three rounds at most.
        for (var round = 0; round < 3 && ids.Count > 0; round++)
        {
            var found = await World.Loader.Actions(Address.Tenant, ids);
            foreach (var history in found) known.Add(history);
            ids = [.. found.Select(history => history.Action.About).OfType<CallerId>().Where(id => known.Find(id) is null)];
        }

        if (first && !looksFirst && !dryRun && !actions.Exists(action => known.Find(action.Id) is not null)) World.Repeats.NotMet(Address.Tenant, actions.Count);
        return known;
    }

    private async ValueTask<Prepared> HandUp(Referral state, ReferrerFacts decides, DecisionFacts facts, List<PreparedCommand> commands, KnownActions known, ImmutableArray<UndoneRound> undone)
    {
        var decide = new DecideReferral(Stream, ProgramId, Address.Second!.Value, state, facts.Now, [.. known.All], [.. commands], facts.Customer, undone, facts.Earlier);
        var asked = Moment.Now(World.Time);
        var decided = await World.Router.Ask(GrainAddress.Referrer(Address.Tenant, decides.Id), decide, CancellationToken.None);
        if (decided.State?.Seq == state.Seq && MayRepeat(decided.Replies)) return Again(AppendOutcome.StreamMoved);
        return new(null, decided.Replies, () => Durable(decided.State!), decided.Outcome)
        {
            Relied = relied,
            WrittenSince = decided.State?.Seq > state.Seq ? asked : null,
        };
    }

    // Another id names the referral: whoever asked goes on to that, and nothing is decided here any more.
    private static Prepared Moved(CallerId referee, IReadOnlyList<Envelope> commands) => new(null, [.. commands.Select(envelope => (object)(envelope.Command switch
    {
        RecordActions => new ActionsRecorded([], referee),
        ICheckoutCommand => new CheckoutReply(new(null, false, null), referee),
        _ => new ReferralReply(null, false, default, null, referee),
    }))], static () => { });

    // What was read is older than what the journal already says, so a decision on it could not hold, and might not even be possible.
    private static Prepared Again(AppendOutcome why) => new(null, [], static () => { }, why);

    private static Prepared NoProgram(IReadOnlyList<Envelope> commands)
    {
        var refusal = new Refusal(RefusalKind.NotFound, "program_not_found", Field.ProgramId, "There is no such program.");
        return new(null, [.. commands.Select(envelope => (object)(envelope.Command switch
        {
            RecordActions record => new ActionsRecorded([.. record.Actions.Select(_ => new ActionReply(refusal, null))]),
            ICheckoutCommand => new CheckoutReply(new(refusal, false, null)),
            _ => new ReferralReply(refusal, false, default, null),
        }))], static () => { });
    }
}
