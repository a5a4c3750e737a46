using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;

namespace ReferralGrains.Storage.Journal;

/// <summary>What is payable of guarded balances, moved append by append as a batch is gone through.</summary>
internal sealed class PayableAmounts
{
    private readonly Dictionary<(StreamId Referrer, Asset Asset), long> amounts = [];

    /// <summary>As committed now, for the balances that appends of a batch guard.</summary>
    public static async Task<PayableAmounts> Guarded(NpgsqlConnection connection, List<PendingAppend> batch)
    {
        var payable = new PayableAmounts();
        foreach (var pending in batch)
            foreach (var guard in pending.Append.Guards) payable.amounts[(guard.Referrer, guard.Asset)] = 0;
        if (payable.amounts.Count == 0) return payable;
        await using var command = new NpgsqlCommand(
            """
            select g.referrer, g.name, b.payable from unnest($1, $2) as g(referrer, name)
            join asset a on a.name = g.name join balance b on b.referrer = g.referrer and b.asset = a.id
            """,
            connection);
        command.Parameters.Add(CommitBatch.Array(NpgsqlDbType.Bigint, payable.amounts.Keys.Select(key => key.Referrer.Value)));
        command.Parameters.Add(CommitBatch.Array(NpgsqlDbType.Text, payable.amounts.Keys.Select(key => key.Asset.Name)));
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) payable.amounts[(new(reader.GetInt64(0)), new(reader.GetString(1)))] = reader.GetInt64(2);
        return payable;
    }

    /// <summary>Whether an append leaves a balance that it guards below zero. Then it moves nothing; otherwise what comes next sees what it moved.</summary>
    public bool IsShort(Append append)
    {
        if (amounts.Count == 0) return false;
        Move(append, 1);
        foreach (var guard in append.Guards)
        {
            if (amounts[(guard.Referrer, guard.Asset)] >= 0) continue;
            Move(append, -1);
            return true;
        }

        return false;
    }

    private void Move(Append append, int times)
    {
        foreach (var stream in append.Streams)
            foreach (var row in stream.Rows)
            {
                if (row.Posting is not { } posting) continue;
                Move(posting.From, -posting.Amount.Minor * times, posting.Amount.Asset);
                Move(posting.To, posting.Amount.Minor * times, posting.Amount.Asset);
            }
    }

    private void Move(Account account, long minor, Asset asset)
    {
        if (account.Kind == AccountKind.Payable && amounts.TryGetValue((account.Owner, asset), out var amount)) amounts[(account.Owner, asset)] = amount + minor;
    }
}
