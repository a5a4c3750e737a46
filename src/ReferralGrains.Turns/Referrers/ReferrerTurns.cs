using System.Diagnostics;
using System.Security.Cryptography;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Referrers;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Turns.Referrers;

/// <summary>
/// One referrer, of (tenant, referrer): its code, profile, tags and eligibility, and in tiered programs its tally, with which it
/// decides the turns of its referrals.
/// </summary>
public sealed class ReferrerTurns(GrainAddress address, TurnWorld world)
    : FoldedTurns<Referrer>(address, world, JournalJson.Default.Referrer, Referrer.FoldVersion)
{
    private readonly TieredTurns tiered = new(address.Tenant, world);
    private readonly List<FactRead> relied = [];

    protected override Referrer Empty => Referrer.None;

    protected override Referrer Evolve(Referrer state, StoredRow row) => Referrer.Evolve(state, row.At, row.Decode<ReferrerEvent>());

    protected override int SeqOf(Referrer state) => state.Seq;

    protected override DateTimeOffset LastAtOf(Referrer state) => state.LastAt;

    protected override async ValueTask<Prepared> Prepare(IReadOnlyList<Envelope> commands)
    {
        var state = await Loaded();
        var turn = new OwnTurn(Stream, Address.First, state, Later(await World.Clock.Now(Address.Tenant), state.LastAt), Profile);
        if (commands[0].Command is DecideReferral) return await tiered.Prepare(Stream, state, turn.Facts, commands, Take);
        relied.Clear();
        var replies = new List<object>();
        foreach (var envelope in commands)
        {
            // What is handed up ends the turn: it is decided with referrals, in an append with them.
            if (envelope.Command is DecideReferral || (turn.HasMovedReferrals && PaymentWork.ReadsReferrals(envelope.Command))) break;
            replies.Add(await Decide(turn, envelope.Command));
        }

        return new(turn.Append(Address.Tenant), replies, () => Durable(state, turn.State)) { Relied = relied };
    }

    protected override void Refresh(AppendOutcome why)
    {
        World.Facts.Forget(Stream);
        foreach (var read in relied) World.Facts.Forget(read.Stream);
        tiered.Refresh(why);
    }

    private void Durable(Referrer before, Referrer after)
    {
        if (after == before) return;
        Take(after);
        if (after.FactVersion != before.FactVersion) World.Facts.Forget(Stream);
    }

    private async ValueTask<object> Decide(OwnTurn turn, ICommand command) => command switch
    {
        CreateReferrer create => await Create(turn, create),
        ResolveReferrerFlag resolve => Resolve(turn, resolve),
        ChangeReferrer change => await Change(turn, change),
        CloseReferrer close => await Close(turn, close),
        GrantRule grant => await Grant(turn, grant),
        ReleaseGroup release => await Release(turn, release),
        BookEntry book => await Book(turn, book.Entry),
        SpendAsset spend => await Spend(turn, spend.Spent),
        QuotePayment quote => await PaymentWork.Quote(turn, World, Address.Tenant, quote, relied),
        ConfirmPayment confirm => await PaymentWork.Confirm(turn, World, Address.Tenant, confirm),
        ReleasePayment release => await PaymentWork.Release(turn, World, Address.Tenant, release),
        ChooseReferral choose => await PaymentWork.Choose(turn, World, Address.Tenant, choose),
        _ => throw new UnreachableException(),
    };

    private async ValueTask<ReferrerReply> Create(OwnTurn turn, CreateReferrer create)
    {
        if (turn.State.Status == ReferrerStatus.None)
        {
            if (await IsTaken(turn, create.Code)) return CodeTaken(turn);
            var row = new ReferrerRow(turn.Stream, create.Code ?? NewCode(), create.Email, create.Name, create.CashOptIn, create.StripeCustomerId, turn.Now);
            turn.Apply(new ReferrerCreated(create.Tags), row);
            return Changed(turn);
        }

        var profile = await turn.Profile();
        var same = profile.Email == create.Email && profile.Name == create.Name && profile.CashOptIn == create.CashOptIn
            && profile.StripeCustomerId == create.StripeCustomerId && (create.Code ?? profile.Code) == profile.Code && turn.State.Tags.SequenceEqual(create.Tags);
        return same ? Same(turn) : Refused(turn, RefusalKind.Conflict, "conflict", Field.Id, "This referrer exists with other content; change it instead.");
    }

    // What is left out is taken from what is there by now, not from what whoever sent it saw.
    private async ValueTask<ReferrerReply> Change(OwnTurn turn, ChangeReferrer change)
    {
        if (turn.State.Status == ReferrerStatus.None) return Missing(turn);
        if (turn.State.Status == ReferrerStatus.Closed) return Refused(turn, RefusalKind.Conflict, "referrer_closed", Field.Id, "This referrer is closed.");
        var profile = await turn.Profile();
        if (change.Code != profile.Code && await IsTaken(turn, change.Code)) return CodeTaken(turn);
        var row = profile with
        {
            Code = change.Code ?? profile.Code,
            Email = change.NoEmail ? null : change.Email ?? profile.Email,
            Name = change.NoName ? null : change.Name ?? profile.Name,
            CashOptIn = change.CashOptIn ?? profile.CashOptIn,
            StripeCustomerId = change.NoStripeCustomer ? null : change.StripeCustomerId ?? profile.StripeCustomerId,
        };
        var retagged = change.Tags is { } tags && !tags.SequenceEqual(turn.State.Tags);
        if (row == profile && !retagged) return Same(turn);
        if (row != profile) turn.Apply(new ReferrerProfileChanged(), row);
        if (retagged) turn.Apply(new ReferrerTagged(change.Tags!.Value));
        return Changed(turn);
    }

    // Personal data goes, the ledger stays (D18). A negative balance stays too: it is a receivable.
    private async ValueTask<ReferrerReply> Close(OwnTurn turn, CloseReferrer close)
    {
        if (turn.State.Status == ReferrerStatus.None) return Missing(turn);
        var closes = turn.State.Status == ReferrerStatus.Active || (close.Forfeits && !turn.State.Forfeits);
        if (closes) turn.Apply(new ReferrerClosed(close.Reason, close.By, close.Forfeits), await turn.Profile() with { Email = null, Name = null, StripeCustomerId = null });


        // Nothing more is earned, so no group that waits would ever be full (H14).
        var released = new HashSet<Asset>();
        foreach (var (program, tally) in turn.State.Tallies)
            foreach (var group in (tally.Groups ?? []).Where(static group => group.SumMinor > 0))
            {
                turn.Release(new(program), group, close.By);
                released.Add(group.Asset);
            }

        closes |= released.Count > 0;
        if (!close.Forfeits) return closes ? Changed(turn) : Same(turn);
        var payable = (await World.Ledger.Payable(turn.Stream)).ToDictionary(static one => one.Asset, static one => one.Minor);
        foreach (var asset in payable.Keys.Union(released))
            if (payable.GetValueOrDefault(asset) + turn.Moved(asset) is > 0 and var left)
            {
                turn.Forfeit(new(asset, left, close.By));
                closes = true;
            }

        return closes ? Changed(turn) : Same(turn);
    }

    // Whether there is such a flag is known where flags are.
    private static ReferrerReply Resolve(OwnTurn turn, ResolveReferrerFlag resolve)
    {
        if (turn.State.Status == ReferrerStatus.None) return Missing(turn);
        turn.Resolve(new(resolve.Kind, resolve.Confirmed, resolve.Reason, resolve.By));
        return Changed(turn);
    }

    private async ValueTask<bool> IsTaken(OwnTurn turn, string? code) =>
        code is not null && await World.Profiles.OfCode(Address.Tenant, code) is { } owner && owner != Address.First;

    private static ReferrerReply CodeTaken(OwnTurn turn) => Refused(turn, RefusalKind.Conflict, "code_taken", Field.Code, "Another referrer has this code.");

    private async ValueTask<ReferrerReply> Grant(OwnTurn turn, GrantRule grant)
    {
        if (turn.State.Status == ReferrerStatus.None) return Missing(turn);
        var program = await World.Facts.Program(Address.Tenant, grant.Program, CancellationToken.None);
        if (program is not null) relied.Add(new(program.Stream, program.Revision));
        if (program?.Rule(grant.Rule) is not { } rule) return Refused(turn, RefusalKind.NotFound, "rule_not_found", Field.Rule, "There is no such rule.");
        var granted = new GrantedRule(program.Stream, rule.Number);
        if (turn.State.Granted.Contains(granted) == grant.Granted) return Same(turn);
        turn.Apply(grant.Granted ? new RuleGranted(granted, grant.By) : new RuleRevoked(granted, grant.By));
        return Changed(turn);
    }

    private async ValueTask<ReferrerReply> Release(OwnTurn turn, ReleaseGroup release)
    {
        if (turn.State.Status == ReferrerStatus.None) return Missing(turn);
        var program = await World.Facts.Program(Address.Tenant, release.Program, CancellationToken.None);
        if (program is not null) relied.Add(new(program.Stream, program.Revision));
        if (program?.Rule(release.Rule) is not { } rule) return Refused(turn, RefusalKind.NotFound, "rule_not_found", Field.Rule, "There is no such rule.");
        var waiting = (turn.State.Tallies.GetValueOrDefault(program.Stream.Value)?.Groups ?? [])
            .Where(group => group.Rule == rule.Number && group.SumMinor > 0 && (release.Asset is null || group.Asset == release.Asset)).ToList();
        foreach (var group in waiting) turn.Release(program.Stream, group, release.By);
        return waiting.Count > 0 ? Changed(turn) : Same(turn);
    }

    private async ValueTask<BookedReply> Book(OwnTurn turn, EntryBooked entry)
    {
        if (await Known(turn, EntryKind.Manual, entry.Id) is { } known)
            return known.Referrer == turn.Stream && known.Event is EntryBooked old && old with { By = entry.By } == entry ? new(null, true, known) : Other(Field.EntryId);
        return ReferrerBooks.Refuses(turn.State, entry) is { } refusal ? BookedReply.Refused(refusal) : new(null, false, turn.Book(EntryKind.Manual, entry.Id, entry));
    }

    private async ValueTask<BookedReply> Spend(OwnTurn turn, AssetSpent spent)
    {
        if (await Known(turn, EntryKind.Spend, spent.Id) is { } known)
            return known.Referrer == turn.Stream && known.Event is AssetSpent old && old with { By = spent.By } == spent ? new(null, true, known) : Other(Field.SpendId);
        var payable = await World.Ledger.Payable(turn.Stream, spent.Asset) + turn.Moved(spent.Asset);
        return ReferrerBooks.Refuses(turn.State, spent, payable) is { } refusal ? BookedReply.Refused(refusal) : new(null, false, turn.Spend(spent));
    }

    // Looked up first: they are few, and a repeat must find what it repeats.
    private async ValueTask<BookedEvent?> Known(OwnTurn turn, EntryKind kind, CallerId id) =>
        turn.Booked(kind, id) ?? await World.Ledger.Find(Address.Tenant, kind, id);

    private static BookedReply Other(Field field) =>
        new(new(RefusalKind.Conflict, "conflict", field, "This id was sent before with other content; nothing was changed."), false, null);

    private async Task<ReferrerRow> Profile()
    {
        var profile = (await World.Profiles.Find(Address.Tenant, Address.First))!;
        return new(Stream, profile.Code, profile.Email, profile.Name, profile.CashOptIn, profile.StripeCustomerId, profile.CreatedAt);
    }

    private static ReferrerReply Changed(OwnTurn turn) => new(null, true, turn.Stream);

    private static ReferrerReply Same(OwnTurn turn) => turn.State.Status == ReferrerStatus.None ? Missing(turn) : new(null, false, turn.Stream);

    private static ReferrerReply Missing(OwnTurn turn) => Refused(turn, RefusalKind.NotFound, "referrer_not_found", Field.ReferrerId, "There is no such referrer.");

    private static ReferrerReply Refused(OwnTurn turn, RefusalKind kind, string code, Field field, string detail) =>
        new(new(kind, code, field, detail), false, turn.Stream);

    private static string NewCode() => RandomNumberGenerator.GetString(ReferralCode.Letters, ReferralCode.Made);
}
