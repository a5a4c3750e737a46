using Npgsql;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Sealing;

namespace ReferralGrains.Storage.Ledger;

/// <inheritdoc cref="ILedgerCheck"/>
public sealed class LedgerCheck(NpgsqlDataSource database, KeptSnapshots kept) : ILedgerCheck
{
    public Task<LedgerCheckReport> Check(int tenant, CancellationToken stop) => Run(tenant, stop);

    /// <summary>As <see cref="Check"/>, of all tenants at once.</summary>
    public Task<LedgerCheckReport> CheckAll(CancellationToken stop) => Run(null, stop);

    private async Task<LedgerCheckReport> Run(int? tenant, CancellationToken stop)
    {
        await Sealer.SealAll(database, stop);
        await using var snapshot = await LedgerSnapshot.Take(database, stop);
        var differences = new Differences();
        var (seals, head) = await new SealCheck(snapshot, tenant, differences).Run(stop);
        var streams = new StreamCheck(snapshot, kept, tenant, differences);
        await streams.Run(stop);
        var balances = await BalanceCheck.Run(snapshot, tenant, differences, stop);
        await PayoutCheck.Run(snapshot, tenant, differences, stop);
        await TallyCheck.Run(snapshot, tenant, differences, stop);
        await FigureCheck.Run(snapshot, tenant, differences, stop);
        return new(streams.Rows, streams.Postings, balances, differences.Found) { Streams = streams.Streams, Seals = seals, Head = head };
    }
}
