using System.Collections.Immutable;
using System.Text.Json;
using Npgsql;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Discounts;

/// <summary>A discounted payment with whose it is.</summary>
/// <param name="Program">As its caller knows it.</param>
/// <param name="Person">The referee, or the referrer.</param>
public sealed record FoundPayment(DiscountedPayment Payment, CallerId Program, CallerId Person);

/// <summary>What is kept of discounts beside the journal.</summary>
/// <exception cref="JournalUnavailableException">From every question: the database cannot be reached.</exception>
public interface IDiscounts
{
    /// <summary>Null when nobody asked for this payment.</summary>
    Task<FoundPayment?> Find(int tenant, DiscountSide side, CallerId payment, CancellationToken stop);
}

/// <inheritdoc cref="IDiscounts"/>
public sealed class Discounts(NpgsqlDataSource database) : IDiscounts
{
    public Task<FoundPayment?> Find(int tenant, DiscountSide side, CallerId payment, CancellationToken stop) => database.Row(
        """
        select d.stream, d.program, d.amount, d.discount, d.state, d.applied::text, d.uses, p.a, case d.side when 1 then s.b else s.a end
        from discount d join stream s on s.id = d.stream join stream p on p.id = d.program
        where d.tenant = $1 and d.side = $2 and d.payment = $3
        """,
        reader => new FoundPayment(Payment(payment, reader), new(reader.GetString(7)), new(reader.GetString(8))),
        stop, Questions.Int(tenant), Questions.Int((short)side), Questions.Text(payment.Value));

    /// <summary>Reads stream, program, amount, discount, state, applied, uses.</summary>
    internal static DiscountedPayment Payment(CallerId payment, NpgsqlDataReader reader, int from = 0) => new(
        payment,
        new(reader.GetInt64(from)),
        new(reader.GetInt64(from + 1)),
        reader.GetInt64(from + 2),
        reader.GetInt64(from + 3),
        (DiscountState)reader.GetInt16(from + 4),
        JsonSerializer.Deserialize(reader.GetString(from + 5), JournalJson.Default.ImmutableArrayAppliedReferral),
        reader.GetBoolean(from + 6));
}
