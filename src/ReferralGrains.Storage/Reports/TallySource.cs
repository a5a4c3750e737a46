using Npgsql;
using ReferralGrains.Domain.Enrollments;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <inheritdoc cref="ITallySource"/>
public sealed class TallySource(NpgsqlDataSource database) : ITallySource
{
    public async Task<Tally> Sum(StreamId referrer, StreamId program)
    {
        await using var command = database.CreateCommand(
            """
            select coalesce(sum((e.data -> 'a' ->> 'm')::int8), 0)::int8, count(distinct e.stream)::int4
            from referral r join event e on e.stream = r.stream
            where r.referrer = $1 and r.program = $2 and e.type = $3 and (e.data ->> 'n')::bool
            """);
        command.Parameters.Add(new() { Value = referrer.Value });
        command.Parameters.Add(new() { Value = program.Value });
        command.Parameters.Add(new() { Value = EventCodec.NumberOf(typeof(SaleDecided)) });
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new(reader.GetInt64(0), reader.GetInt32(1), []);
    }
}
