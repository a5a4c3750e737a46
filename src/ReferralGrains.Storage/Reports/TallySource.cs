using System.Collections.Immutable;
using Npgsql;
using NpgsqlTypes;
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

    public async Task<ImmutableDictionary<long, int>> SalesOf(StreamId referral, IReadOnlyCollection<long> rewards)
    {
        await using var command = database.CreateCommand("select seq, coalesce(about, seq) from event where stream = $1 and seq = any($2)");
        command.Parameters.Add(new() { Value = referral.Value });
        command.Parameters.Add(CommitBatch.Array(NpgsqlDbType.Integer, rewards.Select(reward => RewardId.FromKey(reward).Seq).Distinct()));
        var sales = new Dictionary<int, int>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) sales[reader.GetInt32(0)] = reader.GetInt32(1);
        return rewards.Where(reward => sales.ContainsKey(RewardId.FromKey(reward).Seq))
            .ToImmutableDictionary(reward => reward, reward => sales[RewardId.FromKey(reward).Seq]);
    }
}
