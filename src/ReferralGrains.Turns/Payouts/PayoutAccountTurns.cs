using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Flags;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Payouts;

namespace ReferralGrains.Turns.Payouts;

/// <summary>Something is asked of, or told to, a referrer's connected account.</summary>
public sealed record AskPayoutAccount(PayoutAccountCommand Command) : ICommand<PayoutAccountReply>;

/// <param name="Changed">False when there was nothing to change.</param>
/// <param name="Account">As it is now, and durably so.</param>
public sealed record PayoutAccountReply(Refusal? Refusal, bool Changed, PayoutAccount Account);

/// <summary>The connected account and the customer of one referrer, of (tenant, referrer). What Stripe says of it is told here and decided nowhere else.</summary>
public sealed class PayoutAccountTurns(GrainAddress address, TurnWorld world)
    : FoldedTurns<PayoutAccount>(address, world, JournalJson.Default.PayoutAccount, PayoutAccount.FoldVersion)
{
    protected override PayoutAccount Empty => PayoutAccount.None;

    protected override PayoutAccount Evolve(PayoutAccount state, StoredRow row) => PayoutAccount.Evolve(state, row.At, row.Decode<PayoutAccountEvent>());

    protected override int SeqOf(PayoutAccount state) => state.Seq;

    protected override DateTimeOffset LastAtOf(PayoutAccount state) => state.LastAt;

    // Where somebody is paid is for those who look after the money.
    protected override PayoutAccount Redacted(PayoutAccount state) => state with { Account = null, Customer = null };

    protected override async ValueTask<Prepared> Prepare(IReadOnlyList<Envelope> commands)
    {
        var before = await Loaded();
        var referrer = await World.Facts.Referrer(Address.Tenant, Address.First, CancellationToken.None);
        var (state, rows, replies) = (before, ImmutableArray.CreateBuilder<EventRow>(), new List<object>(commands.Count));
        var now = Later(await World.Clock.Now(Address.Tenant), state.LastAt);
        foreach (var envelope in commands)
        {
            var command = ((AskPayoutAccount)envelope.Command).Command;
            if (Refused(referrer, command) is { } refusal)
            {
                replies.Add(new PayoutAccountReply(refusal, false, state));
                continue;
            }

            var e = PayoutAccountDecider.Decide(state, command);
            if (e is not null)
            {
                rows.Add(EventCodec.Encode(e, now));
                state = PayoutAccount.Evolve(state, now, e);
            }

            replies.Add(new PayoutAccountReply(null, e is not null, state));
        }

        return new(Append(before, state, referrer, rows.ToImmutable()), replies, () =>
        {
            if (state != before) Take(state);
        })
        { Relied = referrer is null ? [] : [new(referrer.Stream, referrer.Version)] };
    }

    protected override void Refresh(AppendOutcome why)
    {
        // A referrer that was not there is never kept; one that has changed is forgotten where it was found to have.
    }

    // A closed referrer may still be shown as it is, but is linked to nothing more.
    private static Refusal? Refused(ReferrerFacts? referrer, PayoutAccountCommand command) =>
        referrer is null ? new(RefusalKind.NotFound, "referrer_not_found", Field.ReferrerId, "There is no such referrer.")
        : referrer.Closed && command is PayoutAccountCommand.Link or PayoutAccountCommand.LinkCustomer ? new(RefusalKind.Conflict, "referrer_closed", Field.ReferrerId, "This referrer is closed.")
        : null;

    private static IdentityRow[] Moved(string? before, string? now, IdentityKind kind, StreamId referrer, DateTimeOffset at) =>
        now == before ? [] : [new(referrer, kind, now, at)];

    private Append? Append(PayoutAccount before, PayoutAccount state, ReferrerFacts? referrer, ImmutableArray<EventRow> rows) => rows.IsEmpty ? null : new()
    {
        Tenant = Address.Tenant,
        Streams = [new(Stream, before.Seq + 1, rows, Address.Stream)],
        SideRows =
        [
            SideRows.Of<PayoutAccountRow>([new(Stream, referrer!.Stream, state)]),

            // Of two referrers that are paid on one account, or credited at one customer, the second is flagged (X9).
            SideRows.Of<IdentityRow>(
            [
                .. Moved(before.Account, state.Account, IdentityKind.PayoutAccount, referrer.Stream, state.LastAt),
                .. Moved(before.Customer, state.Customer, IdentityKind.Customer, referrer.Stream, state.LastAt),
            ]),
        ],
    };
}
