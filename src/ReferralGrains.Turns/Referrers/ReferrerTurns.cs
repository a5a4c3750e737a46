using System.Security.Cryptography;
using System.Text.Json;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Turns.Referrers;

/// <summary>
/// One referrer, of (tenant, referrer): its code, profile, tags and eligibility, and in tiered programs its tally, with which it
/// decides the turns of its referrals.
/// </summary>
public sealed class ReferrerTurns(GrainAddress address, TurnWorld world)
    : FoldedTurns<Referrer>(address, world, JournalJson.Default.Referrer, Referrer.FoldVersion)
{
    private readonly TieredTurns tiered = new(address.Tenant, world);

    private DateTimeOffset now;

    protected override Referrer Empty => Referrer.None;

    protected override Referrer Evolve(Referrer state, StoredRow row) => Referrer.Evolve(state, row.At, row.Decode<ReferrerEvent>());

    protected override int SeqOf(Referrer state) => state.Seq;

    protected override async ValueTask<Prepared> Prepare(IReadOnlyList<Envelope> commands)
    {
        var state = await Loaded();
        now = Later(await World.Clock.Now(Address.Tenant), state.LastAt);
        if (commands[0].Command is DecideReferral)
            return await tiered.Prepare(Stream, state, Facts(state), commands, Take);
        return commands[0].Command switch
        {
            CreateReferrer create => await Create(state, create),
            ChangeReferrer change => await Change(state, change),
            CloseReferrer close => state.Status == ReferrerStatus.Active ? Written(state, [new ReferrerClosed(close.Reason, close.By)], null) : Known(state),
            GrantRule grant => await Grant(state, grant),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    protected override void Refresh(AppendOutcome why)
    {
        World.Facts.Forget(Stream);
        tiered.Refresh(why);
    }

    private async ValueTask<Prepared> Create(Referrer state, CreateReferrer create)
    {
        if (state.Status == ReferrerStatus.None)
        {
            var row = new ReferrerRow(Stream, NewCode(), create.Email, create.Name, create.CashOptIn, create.StripeCustomerId, now);
            return Written(state, [new ReferrerCreated(create.Tags)], row);
        }

        var profile = (await World.Profiles.Find(Address.Tenant, Address.First))!;
        var same = profile.Email == create.Email && profile.Name == create.Name && profile.CashOptIn == create.CashOptIn
            && profile.StripeCustomerId == create.StripeCustomerId && state.Tags.SequenceEqual(create.Tags);
        return same ? Known(state) : Refused(new(RefusalKind.Conflict, "conflict", "id", "This referrer exists with other content; change it with PATCH."));
    }

    private async ValueTask<Prepared> Change(Referrer state, ChangeReferrer change)
    {
        if (state.Status == ReferrerStatus.None) return Missing();
        if (state.Status == ReferrerStatus.Closed) return Refused(new(RefusalKind.Conflict, "referrer_closed", "id", "This referrer is closed."));
        var profile = (await World.Profiles.Find(Address.Tenant, Address.First))!;
        var row = new ReferrerRow(
            Stream, profile.Code, change.Email ?? profile.Email, change.Name ?? profile.Name, change.CashOptIn ?? profile.CashOptIn,
            change.StripeCustomerId ?? profile.StripeCustomerId, profile.CreatedAt);
        var retagged = change.Tags is { } tags && !tags.SequenceEqual(state.Tags);
        return Written(state, retagged ? [new ReferrerTagged(change.Tags!.Value)] : [], row);
    }

    private async ValueTask<Prepared> Grant(Referrer state, GrantRule grant)
    {
        if (state.Status == ReferrerStatus.None) return Missing();
        var program = await World.Facts.Program(Address.Tenant, grant.Program, CancellationToken.None);
        if (program?.Rule(grant.Rule) is not { } rule) return Refused(new(RefusalKind.NotFound, "rule_not_found", "rule", "There is no such rule."));
        var granted = new GrantedRule(program.Stream, rule.Number);
        if (state.Granted.Contains(granted) == grant.Granted) return Known(state);
        return Written(state, [grant.Granted ? new RuleGranted(granted, grant.By) : new RuleRevoked(granted, grant.By)], null);
    }

    private Prepared Written(Referrer state, IReadOnlyList<ReferrerEvent> events, ReferrerRow? row)
    {
        var next = events.Aggregate(state, (folded, e) => Referrer.Evolve(folded, now, e));
        var append = new Append
        {
            Tenant = Address.Tenant,
            Streams = events.Count == 0 ? [] : [new(Stream, state.Seq + 1, [.. events.Select(e => EventCodec.Encode(e, now))])],
            Facts = events.Count == 0 ? [] : [new(Stream, next.FactVersion, JsonSerializer.Serialize(Facts(next), JournalJson.Default.ReferrerFacts))],
            Referrer = row,
        };
        return new(append, [new ReferrerReply(null, true, Stream)], () =>
        {
            Take(next);
            World.Facts.Forget(Stream);
        });
    }

    private ReferrerFacts Facts(Referrer state) =>
        new(Stream, Address.First, state.FactVersion, state.Status == ReferrerStatus.Closed, state.Tags, state.Granted);

    private Prepared Known(Referrer state) =>
        state.Status == ReferrerStatus.None ? Missing() : new(null, [new ReferrerReply(null, false, Stream)], static () => { });

    private Prepared Missing() => Refused(new(RefusalKind.NotFound, "referrer_not_found", "id", "There is no such referrer."));

    private Prepared Refused(Refusal why) => new(null, [new ReferrerReply(why, false, Stream)], static () => { });

    // 50 random bits in letters that nobody mixes up on the phone.
    private static string NewCode() => RandomNumberGenerator.GetString("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 10);
}
