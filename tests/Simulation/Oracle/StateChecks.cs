using System.Text.Json;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Simulation.Database;
using ReferralGrains.Simulation.Market;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns;

namespace ReferralGrains.Simulation.Oracle;

/// <summary>Replay equals state: streams have no gap and no overlap, and every state that was answered or kept is a fold of its first rows.</summary>
internal static class StateChecks
{
    public static IEnumerable<string> Streams(MemoryDatabase database) =>
        from stream in database.Streams
        let seqs = stream.Rows.Select(row => row.Seq).Order()
        where !seqs.SequenceEqual(Enumerable.Range(1, stream.Rows.Count))
        select $"the rows of {stream.Key} are {string.Join(", ", seqs)}";

    public static IEnumerable<string> Replayed(ClientLog log, History history)
    {
        var referrals = history.Referrals.ToDictionary(referral => referral.Stream.Id);
        foreach (var (place, reply, _, _) in log.States)
        {
            if (reply.State is not { } state) continue;
            var replayed = referrals.TryGetValue(reply.Stream, out var referral) ? referral.StateAt(state.Seq) : state.Seq == 0 ? ReferralHistory.Text(Referral.None) : null;
            if (replayed != ReferralHistory.Text(state)) yield return $"{place} was answered as {ReferralHistory.Text(state)}, and replays as {replayed}";
        }

        foreach (var referral in history.Referrals)
        {
            if (referral.Stream.Snapshot is { Fold: ReferralFold.Version } snapshot)
            {
                var kept = snapshot.State.Deserialize(JournalJson.Default.Referral)!;
                if (snapshot.Seq != kept.Seq || referral.StateAt(snapshot.Seq) != ReferralHistory.Text(kept)) yield return $"the snapshot of {referral.Place} is not its fold";
            }

            if (history.Database.DueAt(referral.Stream.Id) != referral.State.DueAt)
                yield return $"{referral.Place} is due at {referral.State.DueAt:O}, and its due row says {history.Database.DueAt(referral.Stream.Id):O}";
            if (referral.Events.Zip(referral.Events.Skip(1)).Any(pair => pair.First.Row.Event.At > pair.Second.Row.Event.At))
                yield return $"the time of {referral.Place} runs backwards";
        }
    }

    /// <summary>Whoever answers, what was answered before it was asked is in it.</summary>
    public static IEnumerable<string> Fresh(ClientLog log)
    {
        foreach (var place in log.States.Where(answer => answer.Reply.State is not null).GroupBy(answer => (answer.Place, answer.Reply.Stream)))
            foreach (var later in place)
            {
                var earlier = place.Where(answer => answer.AnsweredAt < later.AskedAt).Select(answer => answer.Reply.State!.Seq).DefaultIfEmpty().Max();
                if (later.Reply.State!.Seq < earlier) yield return $"{place.Key} was answered up to row {earlier}, and later up to {later.Reply.State.Seq}";
            }
    }

    /// <summary>What was answered as another's referral is never answered as its own again (X8).</summary>
    public static IEnumerable<string> Moved(ClientLog log, History history) =>
        from place in log.States.Where(answer => answer.Reply.State is not null).GroupBy(answer => answer.Place)
        from own in place.Where(answer => history.Database.Aliases.ContainsKey(answer.Reply.Stream))
        where place.Any(answer => answer.Reply.Stream == history.Database.Aliases[own.Reply.Stream] && answer.AnsweredAt < own.AskedAt)
        select $"{place.Key} was an alias, and was answered as none";

    /// <summary>At the end the clock has passed every hold that ends by itself.</summary>
    public static IEnumerable<string> Released(History history) =>
        from referral in history.Referrals
        from hold in referral.State.Holds
        where hold.ReleasesItself && !referral.State.HoldsBack(hold.Referrer) && !(hold.ChecksCustomer && referral.State.StripeCustomerId is null)
        select $"a reward of {referral.Place} was never released: {hold}";

    /// <summary>And every row of a schedule.</summary>
    public static IEnumerable<string> Unlocked(History history) =>
        from referral in history.Referrals
        from row in (referral.State.Scheduled ?? []).Where(row => row.Minor > 0) // Of a sale that is undone there is nothing to come.
        select $"a row of a schedule of {referral.Place} neither became due nor ended: {row}";

    /// <summary>The quota on what waits counts what waits.</summary>
    public static IEnumerable<string> Parked(History history) =>
        from tenant in history.Referrals.GroupBy(referral => referral.Place.Tenant)
        let waiting = tenant.Sum(referral => referral.State.Parked.Count)
        where history.Database.Parked(tenant.Key) != waiting
        select $"{waiting} actions of tenant {tenant.Key} wait, and {history.Database.Parked(tenant.Key)} are counted";

    /// <summary>An id names one referral, both say so, and the id has nothing of its own (X8).</summary>
    public static IEnumerable<string> Aliases(History history)
    {
        var referrals = history.Referrals.ToDictionary(referral => referral.Stream.Id);
        foreach (var referral in history.Referrals)
        {
            foreach (var alias in referral.State.Aliases ?? [])
                if (referrals[alias].State.AliasOf != referral.Stream.Id || history.Database.Aliases[alias] != referral.Stream.Id) yield return $"{referrals[alias].Place} does not say that it names {referral.Place}";
            if (referral.State.AliasOf is not { } of) continue;
            if (referrals[of].State is { Status: ReferralStatus.None } or { AliasOf: not null }) yield return $"{referral.Place} names {referrals[of].Place}, which is no referral";
            if (referral.State is not { Status: ReferralStatus.None, Parked.IsEmpty: true }) yield return $"{referral.Place} is an alias and has something of its own";
            if (referral.Events[^1].Event is not BecameAlias || referrals[of].State.Aliases?.Count(alias => alias == referral.Stream.Id) != 1) yield return $"{referral.Place} was written to after it became an alias, or is one twice";
            foreach (var (row, e) in referral.Events)
                if (e is ActionParked parked && history.Database.Moved(row.Tenant, parked.Action.Id)?.Stream != of) yield return $"action {parked.Action.Id} of {referral.Place} is left behind";
        }
    }

    public static IEnumerable<string> Rows(History history)
    {
        foreach (var referral in history.Referrals.Where(referral => referral.State.Status != ReferralStatus.None))
        {
            var row = history.Database.Referrals[referral.Stream.Id];
            if ((row.Referrer, (ReferralStatus)row.Status) != (referral.State.Referrer, referral.State.Status)) yield return $"the row of {referral.Place} is {row}";
        }

        foreach (var crash in history.Database.Streams.Where(stream => stream.Key.Kind == (short)GrainKind.PayoutBatch)) yield return $"a stream of {crash.Key}";
    }
}
