using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Ledger;

/// <summary>Which ids name which referrals, and where actions are that had waited under them: what both streams say, beside the rows of it (X8).</summary>
internal sealed class KeptAliases(LedgerSnapshot snapshot, int? tenant, Differences differences)
{
    private readonly Dictionary<StreamId, StreamId> named = [];
    private readonly Dictionary<StreamId, StreamId> said = [];
    private readonly Dictionary<(int Tenant, string Id), (StreamId From, MovedAction To)> moved = [];

    /// <summary>A referral says that an id names it.</summary>
    public void Named(StreamId referral, StreamId alias) => named[alias] = referral;

    /// <summary>An id says which referral it names.</summary>
    public void Says(StreamId alias, StreamId referral) => said[alias] = referral;

    /// <summary>A referral took over what had waited under such an id.</summary>
    public void Moved(int of, StreamId from, MovedAction to) => moved[(of, to.Id.Value)] = (from, to);

    public async Task Compare(CancellationToken stop)
    {
        foreach (var alias in named.Keys.Union(said.Keys).OrderBy(stream => stream.Value))
            if (named.GetValueOrDefault(alias) != said.GetValueOrDefault(alias))
                differences.Add("alias", $"Stream {alias} is an id of referral {said.GetValueOrDefault(alias)} by its own events, and of {named.GetValueOrDefault(alias)} by those of that.");
        await snapshot.Each(
            "select stream, referral from referral_alias where $1 is null or tenant = $1 order by stream",
            reader =>
            {
                var alias = new StreamId(reader.GetInt64(0));
                if (!named.Remove(alias, out var referral) || referral.Value != reader.GetInt64(1)) differences.Add("alias", $"Stream {alias}: its row says another referral than the events.");
            },
            stop, Questions.Int(tenant));
        foreach (var alias in named.Keys.OrderBy(stream => stream.Value)) differences.Add("alias", $"Stream {alias} is an id of referral {named[alias]}, and has no row that says so.");
        await snapshot.Each(
            """
            select m.tenant, m.action_id, m.stream, m.seq, m.hash, e.stream
            from action_moved m left join event e on e.tenant = m.tenant and e.action_id = m.action_id
            where $1 is null or m.tenant = $1 order by 1, 2
            """,
            reader =>
            {
                var (of, id) = (reader.GetInt32(0), reader.GetString(1));
                var row = new MovedAction(new(id), new(reader.GetInt64(2)), reader.GetInt32(3), Hashes.FromGuid(reader.GetGuid(4)));
                if (!moved.Remove((of, id), out var folded) || folded.To != row || folded.From.Value != reader.Maybe<long>(5))
                    differences.Add("moved", $"Action {id} of tenant {of}: where it is said to be now is not what the events say.");
            },
            stop, Questions.Int(tenant));
        foreach (var (of, id) in moved.Keys.Order()) differences.Add("moved", $"Action {id} of tenant {of} had waited under another id, and no row says where it is now.");
    }
}
