using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <inheritdoc cref="ITallySource"/>
public sealed class TallySource(NpgsqlDataSource database) : ITallySource
{
    public async Task<Tally> Sum(StreamId referrer, StreamId program) =>
        (await database.Row(
            """
            select coalesce(sum(coalesce(e.data -> 'a' -> 'y' ->> 'b', e.data -> 'a' ->> 'm')::int8), 0)::int8, count(distinct e.stream)::int4,
              (select count(*) from referral a where a.referrer = $1 and a.program = $2 and a.approved_at is not null)::int4
            from referral r join event e on e.stream = r.stream
            where r.referrer = $1 and r.program = $2 and e.type = $3 and (e.data ->> 'n')::bool
            """,
            reader => new Tally(reader.GetInt64(0), reader.GetInt32(1), [], reader.GetInt32(2)), CancellationToken.None,
            Questions.Long(referrer.Value), Questions.Long(program.Value), Questions.Int(EventCodec.NumberOf(typeof(SaleDecided)))))!;
}
