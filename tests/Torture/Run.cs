using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Torture;

/// <summary>One run, from an empty folder to what the oracle says.</summary>
internal sealed class Run(Plan plan, string folder, Screen screen, TimeProvider time)
{
    public const string Tenant = "torture";

    // A busy machine loses a silo even before anything is done to it.
    private const int MostAttempts = 20;

    private static readonly TimeSpan glance = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan sampleEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan again = TimeSpan.FromSeconds(2);

    // Of what is wrong in the end something must come right in this time, and all of it in that.
    private static readonly TimeSpan settleWithin = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan settleInAll = TimeSpan.FromMinutes(20);

    // It reads all that an hour's work has written.
    private static readonly TimeSpan ledgerCheck = TimeSpan.FromMinutes(5);

    private static readonly (string Endpoint, string[] Events)[] endpoints =
    [
        ("rewards", ["reward.pending", "reward.payable", "reward_group.released"]),
        ("others", ["referral.approved", "reward.clawed_back", "reward.restored", "payout_item.paid", "payout_item.reversed", "payout_batch.settled"]),
    ];

    /// <summary>What the silos held while they worked.</summary>
    public Memory Memory { get; } = new();

    public async Task<Verdict> Go(CancellationToken stop)
    {
        Directory.CreateDirectory(folder);
        await using var stripe = await StripeStandin.Start(plan);
        var keys = Path.Combine(folder, "stripe.json");
        await File.WriteAllTextAsync(keys, stripe.KeysFor(Tenant), stop);
        await using var client = new LogFile(Path.Combine(folder, "client.ndjson"));
        await using var told = new LogFile(Path.Combine(folder, "receiver.ndjson"));
        await using var paid = new LogFile(Path.Combine(folder, "stripe.ndjson"));
        await using var receiver = new Receiver(told, time);
        await receiver.Up();
        screen.Say($"seed {plan.Seed}: starting PostgreSQL and {Plan.Silos} silos in {folder}");
        await using var cluster = await Cluster.Start(plan, folder, keys, time, stop);
        using var owner = new Caller(cluster, cluster.Key, client, time);
        await owner.Ok("/v1/tenants", new JsonObject { ["id"] = Tenant, ["sandbox"] = true }, stop);
        using var admin = new Caller(cluster, await Key(owner, "admin", stop), client, time);
        using var finance = new Caller(cluster, await Key(owner, "finance", stop), client, time);
        var now = time.GetUtcNow();
        var work = Work.Of(plan, new DateTimeOffset(now.Year, now.Month, 15, 12, 0, 0, TimeSpan.Zero).AddMonths(-1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        var payouts = new Payouts(plan, admin, finance, stripe, client, time);
        screen.Say("making programs, referrers and accounts");
        await Prepare(work, admin, receiver, client, now.AddDays(-100), stop);
        await payouts.Prepare(stop);

        var clients = new Clients(work, admin, client, time, plan.Rate);
        var trouble = new Trouble(plan, cluster, receiver, time);
        using var notices = new Notices(plan, cluster, stripe, Tenant, client, time);
        var began = Stopwatch.GetTimestamp();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var telling = notices.Run(ending.Token);
        try
        {
            List<Task> all = [clients.Run(ending.Token), trouble.Run(() => (double)clients.Done / work.Steps, ending.Token), payouts.Run(ending.Token)];
            var nextSample = TimeSpan.Zero;
            while (!all.TrueForAll(static one => one.IsCompleted))
            {
                if (all.Append(telling).FirstOrDefault(static one => one.IsFaulted) is { } failed) await failed;
                await Task.WhenAny(Task.WhenAll(all), Task.Delay(glance, time, stop));
                var elapsed = Stopwatch.GetElapsedTime(began);
                screen.Progress(clients.Done, work.Steps, $"{trouble.Done} of {plan.Faults} faults, {admin.Unknown} unknown, payouts {payouts.Status}, {receiver.Taken} told", elapsed);
                if (elapsed < nextSample) continue;
                nextSample = elapsed + sampleEvery;
                foreach (var silo in cluster.Silos)
                    if (silo.ProcessId is { } id) Memory.Add(silo.Number, elapsed.TotalMinutes, Resident(id));
            }

            await Task.WhenAll(all);
            screen.Say(string.Create(CultureInfo.InvariantCulture,
                $"all acknowledged after {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s: {admin.Unknown} unknown, {admin.Broken} answers 500, {cluster.Silos.Sum(static silo => silo.EndedByItself)} silos ended by themselves; asking for all of it again"));
            await cluster.Ready(stop);
            await clients.Again(stop);
            var verdict = await Settle(finance, admin, client, told, paid, stripe, stop);
            foreach (var (kind, what) in verdict.Complaints.Take(40)) screen.Say($"{kind.ToString().ToLowerInvariant()}: {what}");
            return verdict;
        }
        finally
        {
            await ending.CancelAsync();
            await telling;
        }
    }

    private static async Task<string> Key(Caller owner, string role, CancellationToken stop) =>
        (string)(await owner.Ok("/v1/api_keys", new JsonObject { ["role"] = role, ["tenant"] = Tenant }, stop))["key"]!;

    private async Task Prepare(Work work, Caller admin, Receiver receiver, LogFile log, DateTimeOffset approvedAt, CancellationToken stop)
    {
        foreach (var (endpoint, events) in endpoints)
        {
            log.Write(new() { ["k"] = "endpoint", ["endpoint"] = endpoint, ["events"] = new JsonArray([.. events.Select(static one => (JsonNode)one)]) });
            await admin.Ok("/v1/webhook_endpoints", new JsonObject { ["url"] = receiver.Url(endpoint), ["events"] = new JsonArray([.. events.Select(static one => (JsonNode)one)]) }, stop);
        }

        log.Write(new() { ["k"] = "budget", ["minor"] = work.BudgetMinor, ["own"] = work.OwnBudgetMinor });
        var at = approvedAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        foreach (var kind in Terms.Kinds)
        {
            var program = new JsonObject { ["id"] = Terms.Program(kind), ["name"] = Terms.Program(kind), ["currency"] = "GBP", ["time_zone"] = "Europe/London" };
            if (kind == Kind.First) program["new_customer_discount"] = new JsonObject { ["type"] = "percent", ["value"] = Terms.DiscountBasisPoints };
            await admin.Ok("/v1/programs", program, stop);
            await admin.Ok($"/v1/programs/{Terms.Program(kind)}/rules", Terms.Rule(kind, work.BudgetOf(kind)), stop);
            await Parallel.ForEachAsync(Enumerable.Range(0, plan.Referrers), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = stop }, async (i, token) =>
                await admin.Ok("/v1/referrers", new JsonObject { ["id"] = Work.Referrer(kind, i) }, token, i));
            var lines = new StringBuilder();
            for (var i = 0; i < plan.Referrers * plan.RefereesEach; i++)
            {
                var (referee, referrer) = (Work.Referee(kind, i), Work.Referrer(kind, i / plan.RefereesEach));
                log.Write(new() { ["k"] = "referral", ["referee"] = referee, ["referrer"] = referrer });
                lines.Append(CultureInfo.InvariantCulture, $"{{\"program_id\":\"{Terms.Program(kind)}\",\"referee_id\":\"{referee}\",\"referrer_id\":\"{referrer}\",\"approved_at\":\"{at}\",\"status\":\"approved\"}}\n");
            }

            var (taken, why) = (0, (string?)null);
            for (var attempt = 0; taken < plan.Referrers * plan.RefereesEach; attempt++)
            {
                if (attempt == MostAttempts) throw new TortureException($"{taken} referrals were taken in: {why}");
                if (attempt > 0) await Task.Delay(again, time, stop);
                taken = 0;
                why = await admin.Stream("/v1/referrals:batch", lines.ToString(), 1, attempt, line =>
                {
                    if (line["error"] is { } error) why = error.ToJsonString();
                    else taken++;
                }, stop);
            }
        }
    }

    // What is due, sent and told a moment later is waited for, and nothing else: what is wrong after that stays wrong.
    private async Task<Verdict> Settle(Caller finance, Caller admin, LogFile client, LogFile told, LogFile paid, StripeStandin stripe, CancellationToken stop)
    {
        stripe.WriteTo(paid);
        var (cursor, least, began) = ("", int.MaxValue, time.GetTimestamp());
        for (var better = began; ; await Task.Delay(again, time, stop))
        {
            await Balances(admin, client, stop);
            cursor = await Events(admin, client, cursor, stop);
            client.Write(new() { ["k"] = "ledger", ["ok"] = (bool)(await finance.Ok("/v1/ledger/check", new JsonObject(), stop, within: ledgerCheck))["ok"]! });
            client.Flush();
            told.Flush();
            var verdict = Oracle.Judge(LogFile.Read(client.Path), LogFile.Read(told.Path), LogFile.Read(paid.Path));
            if (verdict.Complaints.Count < least) (least, better) = (verdict.Complaints.Count, time.GetTimestamp());
            if (verdict.IsClean || time.GetElapsedTime(better) > settleWithin || time.GetElapsedTime(began) > settleInAll) return verdict;
            screen.Say($"waiting for what is under way ({verdict.Complaints.Count}: {verdict.Complaints.Select(static one => one.What).FirstOrDefault("the books")})");
        }
    }

    private Task Balances(Caller admin, LogFile log, CancellationToken stop)
    {
        var referrers = Terms.Kinds.SelectMany(kind => Enumerable.Range(0, plan.Referrers).Select(i => Work.Referrer(kind, i)))
            .Concat(Enumerable.Range(0, plan.PayoutItems).Select(static i => string.Create(CultureInfo.InvariantCulture, $"pay-r{i}")));
        return Parallel.ForEachAsync(referrers, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = stop }, async (referrer, token) =>
        {
            var balance = await admin.Ok($"/v1/referrers/{referrer}/balance", null, token);
            var line = new JsonObject { ["k"] = "balance", ["referrer"] = referrer };
            var gbp = balance["balances"]!.AsArray().FirstOrDefault(static one => (string?)one!["asset"] == "GBP");
            foreach (var name in (string[])["net_minor", "pending_minor", "payable_minor", "in_transit_minor", "paid_minor"]) line[name] = (long?)gbp?[name] ?? 0;
            log.Write(line);
        });
    }

    private static async Task<string> Events(Caller admin, LogFile log, string cursor, CancellationToken stop)
    {
        while (true)
        {
            var page = await admin.Ok($"/v1/events?limit=100{(cursor.Length == 0 ? "" : $"&starting_after={Uri.EscapeDataString(cursor)}")}", null, stop);
            foreach (var one in page["data"]!.AsArray())
            {
                cursor = (string)one!["id"]!;
                log.Write(new() { ["k"] = "event", ["id"] = cursor, ["type"] = (string?)one["type"] });
            }

            if (page["has_more"] is null || !(bool)page["has_more"]!) return cursor;
        }
    }

    private static long Resident(int process)
    {
        try
        {
            return Processes.ResidentBytes(process);
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException)
        {
            return 0;
        }
    }
}
