using System.Text.Json;
using Npgsql;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Discounts;

/// <summary>A discounted payment with whose it is.</summary>
/// <param name="Program">As its caller knows it.</param>
/// <param name="Person">The referee, or the referrer.</param>
public sealed record FoundPayment(DiscountedPayment Payment, CallerId Program, CallerId Person);

/// <summary>What became of a referral among the discounts on its referrer's payments.</summary>
/// <param name="Payment">The payment that uses it; null when it waits.</param>
public sealed record FoundUse(StreamId Referral, StreamId Referrer, ReferralChoice Choice, CallerId? Payment);

/// <summary>What is kept of discounts beside the journal.</summary>
/// <exception cref="JournalUnavailableException">From every question: the database cannot be reached.</exception>
public interface IDiscounts
{
    /// <summary>Null when nobody asked for this payment.</summary>
    Task<FoundPayment?> Find(int tenant, DiscountSide side, CallerId payment, CancellationToken stop);

    /// <summary>
    /// A referrer's approved referrals in a program that no payment uses and nobody has declined, and whose referees are active, in the
    /// order of their dates (G4, G6).
    /// </summary>
    /// <param name="byHand">Only those that a person lets count.</param>
    Task<IReadOnlyList<StreamId>> Waiting(StreamId referrer, StreamId program, bool byHand, int limit);

    /// <summary>Null when there is no such referral.</summary>
    Task<FoundUse?> Use(int tenant, CallerId program, CallerId referee);

    /// <summary>The referees of these referrals.</summary>
    Task<IReadOnlyDictionary<StreamId, CallerId>> Referees(IEnumerable<StreamId> referrals, CancellationToken stop);
}

/// <inheritdoc cref="IDiscounts"/>
public sealed class Discounts(NpgsqlDataSource database) : IDiscounts
{
    public Task<FoundPayment?> Find(int tenant, DiscountSide side, CallerId payment, CancellationToken stop) => database.Row(
        """
        select d.stream, d.program, d.amount, d.discount, d.state, d.applied::text, d.uses, d.why, p.a, case d.side when 1 then s.b else s.a end
        from discount d join stream s on s.id = d.stream join stream p on p.id = d.program
        where d.tenant = $1 and d.side = $2 and d.payment = $3
        """,
        reader => new FoundPayment(Payment(payment, reader), new(reader.GetString(8)), new(reader.GetString(9))),
        stop, Questions.Int(tenant), Questions.Int((short)side), Questions.Text(payment.Value));

    public async Task<IReadOnlyList<StreamId>> Waiting(StreamId referrer, StreamId program, bool byHand, int limit) => await database.Rows(
        """
        select r.stream from referral r left join referral_use u on u.referral = r.stream
        where r.referrer = $1 and r.program = $2 and r.status = $3 and r.active and u.payment is null
          and not exists (select from flag f where f.stream = r.stream and f.state in (1, 3))
          and case when $4 then u.choice = $5 else coalesce(u.choice, 0) <> $6 end
        order by r.attributed_at, r.approved_at, r.stream limit $7
        """,
        static reader => new StreamId(reader.GetInt64(0)), CancellationToken.None, Questions.Long(referrer.Value), Questions.Long(program.Value),
        Questions.Int((int)ReferralStatus.Approved), Questions.Flag(byHand), Questions.Int((int)ReferralChoice.Applies), Questions.Int((int)ReferralChoice.Declined),
        Questions.Int(limit));

    public Task<FoundUse?> Use(int tenant, CallerId program, CallerId referee) => database.Row(
        """
        select r.stream, r.referrer, u.choice, u.payment
        from stream s left join referral_alias n on n.stream = s.id join referral r on r.stream = coalesce(n.referral, s.id) left join referral_use u on u.referral = r.stream
        where s.tenant = $1 and s.kind = 2 and s.a = $2 and s.b = $3
        """,
        static reader => new FoundUse(
            new(reader.GetInt64(0)), new(reader.GetInt64(1)), (ReferralChoice)(reader.Maybe<short>(2) ?? 0),
            reader.MaybeText(3) is { } payment ? new CallerId(payment) : null),
        CancellationToken.None, Questions.Int(tenant), Questions.Text(program.Value), Questions.Text(referee.Value));

    public async Task<IReadOnlyDictionary<StreamId, CallerId>> Referees(IEnumerable<StreamId> referrals, CancellationToken stop) => (await database.Rows(
        "select id, b from stream where id = any($1)", static reader => (Stream: new StreamId(reader.GetInt64(0)), Referee: new CallerId(reader.GetString(1))),
        stop, Questions.Longs(referrals.Select(static referral => referral.Value)))).ToDictionary(static one => one.Stream, static one => one.Referee);

    /// <summary>Reads stream, program, amount, discount, state, applied, uses, why.</summary>
    internal static DiscountedPayment Payment(CallerId payment, NpgsqlDataReader reader, int from = 0) => new(
        payment,
        new(reader.GetInt64(from)),
        new(reader.GetInt64(from + 1)),
        reader.GetInt64(from + 2),
        reader.GetInt64(from + 3),
        (DiscountState)reader.GetInt16(from + 4),
        JsonSerializer.Deserialize(reader.GetString(from + 5), JournalJson.Default.ImmutableArrayAppliedReferral),
        reader.GetBoolean(from + 6),
        (NoDiscount)reader.GetInt16(from + 7));
}
