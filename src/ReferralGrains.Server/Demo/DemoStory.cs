using System.Globalization;
using System.Text.Json.Nodes;
using ReferralGrains.Client;

namespace ReferralGrains.Server.Demo;

/// <summary>
/// Tells the shop's eight months to a sandbox, week by week of its clock, so that rewards are held, released and paid as they would have
/// been. Every call has an id of its own, and a week that is over is not told again: whatever cuts it off, the next start goes on.
/// </summary>
/// <param name="admin">Of the sandbox, as role admin.</param>
/// <param name="finance">As role finance: draws up what is not on the schedule.</param>
/// <param name="second">Another of role finance, who approves.</param>
/// <param name="pages">For the pages on which referrers tell the payment service who they are.</param>
/// <param name="told">Gets the number of lines that were told just now.</param>
internal sealed class DemoStory(ReferralGrainsClient admin, ReferralGrainsClient finance, ReferralGrainsClient second, HttpClient pages, Action<int> told)
{
    private static readonly TimeSpan look = TimeSpan.FromMilliseconds(100);

    // By far more than a batch of thirty items takes, also on a machine that does much else.
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(2);

    private const int MostRounds = 5;
    private const int AtOnce = 4;

    private static readonly DateTimeOffset byHand = On(3, 1);
    private static readonly DateTimeOffset scheduled = On(3, 15);
    private static readonly DateTimeOffset firstScheduled = On(4, 1);

    // After the batch of that day is drawn up, so that an item of it fails.
    private static readonly DateTimeOffset refusal = On(6, 1);

    /// <summary>Where the clock of the sandbox stands at first.</summary>
    public static DateTimeOffset Begin { get; } = new(2010, 12, 1, 9, 0, 0, TimeSpan.Zero);

    /// <summary>Where it stands when all is told; a batch of the day waits to be approved.</summary>
    public static DateTimeOffset End { get; } = On(8, 1);

    /// <summary>The batch that waits then.</summary>
    public static string Waiting { get; } = ScheduledOn(End);

    public static int Lines => Count(DateTimeOffset.MinValue, End);

    /// <summary>Who takes part, and by which rules: enough for there to be something to sign in to.</summary>
    public async Task Introduce(CancellationToken stop)
    {
        foreach (var (program, rule) in DemoCast.Programs)
        {
            await admin.CreateProgramAsync(program, stop);
            await admin.CreateProgramRuleAsync(program.Id!, rule, stop: stop);
        }

        foreach (var referrer in DemoCast.Referrers) await admin.CreateReferrerAsync(referrer, stop);
    }

    /// <param name="now">Where the clock stands.</param>
    /// <param name="stop">Cuts it off.</param>
    public async Task Tell(DateTimeOffset now, CancellationToken stop)
    {
        var from = DateTimeOffset.MinValue;
        foreach (var week in Weeks())
        {
            if (week < now) told(Count(from, week));
            else await Tell(from, week, stop);
            from = week;
        }

        await Advance(End, stop);
        await Frozen(Waiting, stop);
    }

    private static IEnumerable<DateTimeOffset> Weeks()
    {
        for (var month = Begin; month < End; month = month.AddMonths(1))
            foreach (var day in (int[])[1, 8, 15, 22]) yield return month.AddDays(day - 1);
        yield return End.AddHours(-15);
    }

    private async Task Tell(DateTimeOffset from, DateTimeOffset to, CancellationToken stop)
    {
        await Advance(to, stop);
        // What is paid is settled before more comes in, so that it is the same each time; it is sent meanwhile.
        var payout = to.Day == 1 && to >= byHand ? Approve(await Draw(to, stop), stop) : Task.CompletedTask;
        var referrals = DemoFiles.Referrals.Where(one => one.ApprovedAt > from && one.ApprovedAt <= to);
        await Send(referrals, lines => admin.BatchReferralsAsync(lines, stop), static answer => answer.Error);
        var actions = DemoFiles.Actions.Where(one => one.OccurredAt > from && one.OccurredAt <= to);
        await Send(actions, lines => admin.StreamActionsAsync(lines, stop), static answer => answer.Error);
        await Beside(to, stop);
        await payout;
        if (to == refusal) await Link(DemoCast.Refused, stop);
    }

    private static int Count(DateTimeOffset from, DateTimeOffset to) =>
        DemoFiles.Referrals.Count(one => one.ApprovedAt > from && one.ApprovedAt <= to) + DemoFiles.Actions.Count(one => one.OccurredAt > from && one.OccurredAt <= to);

    // What no file tells.
    private async Task Beside(DateTimeOffset to, CancellationToken stop)
    {
        if (to == On(1, 8)) await OpenAccounts(stop);
        else if (to == scheduled) await finance.PutPayoutTermsAsync(Terms(new() { Every = PayoutScheduleBodyEvery.Month, Day = 1 }), stop);
        else if (to == On(4, 8)) await Discount(stop);
        else if (to == On(4, 15)) await ByHand(to, stop);
        else if (to == On(6, 15)) await Newcomer(to, stop);
        else if (to == On(7, 8)) await TakeBack(to, stop);
        else if (to == On(7, 22)) await Suspicious(to, stop);
    }

    private async Task OpenAccounts(CancellationToken stop)
    {
        await finance.PutPayoutTermsAsync(Terms(null), stop);
        await Parallel.ForEachAsync(DemoCast.WithAccount, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (referrer, _) =>
        {
            var account = await Link(referrer, stop);
            if (account.Account.Ready || referrer == DemoCast.Halfway) return;
            await Answer(account, "", stop);
            await Link(referrer, stop); // It looks whether they are done.
        });
    }

    // What a person draws up, another approves; what the schedule draws up, either of them.
    private async Task<string> Draw(DateTimeOffset at, CancellationToken stop)
    {
        var batch = at == byHand ? "march" : ScheduledOn(at);
        if (at == byHand) await finance.CreatePayoutBatchAsync(new() { Id = batch }, stop: stop);

        // It is looked at when the batch is settled: known to be refused before it is approved, its item would be left out of it.
        if (await Frozen(batch, stop) is { Status: "frozen" } && at == refusal) await Answer(await Link(DemoCast.Refused, stop), "refused", stop);
        return batch;
    }

    private async Task Discount(CancellationToken stop)
    {
        foreach (var referrer in (string[])["ref_023", "ref_024"])
        {
            var payment = $"membership-april-{referrer}";
            var quote = await admin.CreatePaymentDiscountAsync(new() { ProgramId = "members", ReferrerId = referrer, PaymentId = payment, AmountMinor = 4_000 }, stop);
            if (quote.State == PaymentAnswerState.Quoted) await admin.ConfirmPaymentDiscountAsync(payment, stop);
        }
    }

    private async Task ByHand(DateTimeOffset at, CancellationToken stop)
    {
        await admin.CreateReferrerEntryAsync("ref_004", new() { EntryId = "fair-2011", Asset = "GBP", AmountMinor = 2_500, Reason = "Stood at our stall at the spring fair" }, stop);
        await admin.CreateReferrerSpendAsync("ref_023", new() { SpendId = "voucher-1", Asset = "points", AmountMinor = 500 }, stop);
        var best = DemoFiles.Referrals.First(static one => one.ReferrerId == "ref_010");
        var enrollment = (await admin.GetReferralAsync(best.ProgramId, best.RefereeId, stop)).Enrollments[0];
        await admin.ChangeEnrollmentAsync(enrollment.Id, new() { Reason = $"Agreed with {best.ReferrerId} on {at:d MMMM}", Limits = new JsonObject { ["max_amount_minor"] = 25_000 } }, stop: stop);
    }

    private async Task Newcomer(DateTimeOffset at, CancellationToken stop)
    {
        await admin.CreateReferralAsync(new() { ProgramId = "classic", RefereeId = "cus_new_1", ReferrerId = DemoCast.Newcomer, ApprovedAt = at.AddDays(-2) }, stop);
        await admin.CreateActionAsync(Sale("inv_new_1", "cus_new_1", 6_480, at.AddDays(-1)), stop: stop);
    }

    // More than is earned until the next payout: a debt, earned back before anything is paid.
    private async Task TakeBack(DateTimeOffset at, CancellationToken stop)
    {
        var customers = DemoFiles.Referrals.Where(static one => one.ReferrerId == DemoCast.Indebted).Select(static one => one.RefereeId).ToHashSet(StringComparer.Ordinal);
        var sales = DemoFiles.Actions.Where(one => one.Type == ActionBodyType.Sale && customers.Contains(one.RefereeId) && one.OccurredAt < On(6, 1)).OrderByDescending(static one => one.AmountMinor);
        foreach (var sale in sales.Take(12))
            await admin.CreateActionAsync(
                new() { ActionId = "dispute_" + sale.ActionId, ProgramId = sale.ProgramId, RefereeId = sale.RefereeId, Type = ActionBodyType.Chargeback, ChargebackOf = sale.ActionId, OccurredAt = at.AddHours(-3) },
                stop: stop);
    }

    private async Task Suspicious(DateTimeOffset at, CancellationToken stop)
    {
        await admin.CreateReferralAsync(
            new() { ProgramId = "classic", RefereeId = "cus_own_1", ReferrerId = DemoCast.OwnCustomer, RefereeEmail = DemoCast.EmailOf(DemoCast.OwnCustomer), ApprovedAt = at.AddDays(-1) }, stop);
        await admin.CreateActionAsync(Sale("inv_own_1", "cus_own_1", 24_000, at.AddHours(-2)), stop: stop);
        await admin.CreateActionAsync(Sale("inv_unknown_1", "cus_unknown_1", 7_350, at.AddHours(-1)), stop: stop);
        foreach (var referee in (string[])["cus_asked_1", "cus_asked_2", "cus_asked_3"])
            await admin.CreateReferralAsync(new() { ProgramId = "classic", RefereeId = referee, ReferrerId = "ref_004", Status = NewReferralStatus.Pending }, stop);
        var account = await finance.GetReferrerPayoutAccountAsync(DemoCast.Shared, stop);
        await finance.PutReferrerPayoutAccountAsync(DemoCast.Sharing, new() { StripeAccountId = account.StripeAccountId }, stop);
        await Contradict(stop);
    }

    // The shop's software sends an invoice again, with another amount: refused, and kept to be looked at.
    private async Task Contradict(CancellationToken stop)
    {
        try
        {
            await admin.CreateActionAsync(Sale("inv_own_1", "cus_own_1", 42_000, On(7, 22).AddHours(-2)), stop: stop);
        }
        catch (ReferralGrainsException refused) when (refused.Problem.Code == "action_conflict")
        {
            // As it should be.
        }
    }

    private static ActionBody Sale(string id, string referee, long minor, DateTimeOffset at) =>
        new() { ActionId = id, ProgramId = "classic", RefereeId = referee, Type = ActionBodyType.Sale, AmountMinor = minor, OccurredAt = at };

    private Task<OnboardingLinkAnswer> Link(string referrer, CancellationToken stop) =>
        finance.OnboardingLinkReferrerAsync(referrer, new() { ReturnUrl = new Uri(pages.BaseAddress!, "portal").ToString(), Country = "GB" }, stop);

    // The address is that of a browser, which may be another than ours.
    private async Task Answer(OnboardingLinkAnswer link, string outcome, CancellationToken stop)
    {
        using var form = new FormUrlEncodedContent([new("outcome", outcome)]);
        using var answer = await pages.PostAsync(new Uri(link.Url!).PathAndQuery, form, stop);
        if ((int)answer.StatusCode >= 400) throw new InvalidOperationException($"the stand-in answers {(int)answer.StatusCode} to {link.ReferrerId}");
    }

    private static PayoutTermsBody Terms(PayoutScheduleBody? schedule) =>
        new() { Minimums = [new() { Currency = "GBP", AmountMinor = 2_500 }], SecondPerson = true, TimeZone = "Europe/London", Schedule = schedule };

    // What the schedule draws up is numbered.
    private static string ScheduledOn(DateTimeOffset first) =>
        string.Create(CultureInfo.InvariantCulture, $"po_scheduled_{(first.Year - firstScheduled.Year) * 12 + first.Month - firstScheduled.Month + 1}");

    // What is dropped between the look and the sending changes the hash, and takes back an approval.
    private async Task Approve(string batch, CancellationToken stop)
    {
        for (var now = await Frozen(batch, stop); now.Status == "frozen";)
        {
            var hash = now.Hash!;
            try
            {
                await second.ApprovePayoutBatchAsync(batch, new() { Hash = hash }, stop);
            }
            catch (ReferralGrainsException refused) when (refused.Problem.Code == "payout_hash_differs")
            {
                // To be looked at again.
            }

            now = await Until(batch, one => IsOver(one) || (one.Status == "frozen" && one.Hash != hash), stop);
        }
    }

    private Task<PayoutBatchAnswer> Frozen(string batch, CancellationToken stop) => Until(batch, static one => one.Status == "frozen" || IsOver(one), stop);

    private static bool IsOver(PayoutBatchAnswer batch) => batch.Status is "settled" or "cancelled";

    private async Task<PayoutBatchAnswer> Until(string batch, Func<PayoutBatchAnswer, bool> isSoFar, CancellationToken stop)
    {
        var last = "not drawn up";
        for (var until = TimeProvider.System.GetUtcNow() + patience; TimeProvider.System.GetUtcNow() < until; await Task.Delay(look, TimeProvider.System, stop))
        {
            try
            {
                var now = await finance.GetPayoutBatchAsync(batch, limit: 1, stop: stop);
                if (isSoFar(now)) return now;
                last = now.Status;
            }
            catch (ReferralGrainsException refused) when (refused.Problem.Status == 404)
            {
                // The schedule has not come to it.
            }
        }

        throw new TimeoutException($"payout batch {batch} is still {last} after {patience.TotalMinutes:0} minutes");
    }

    private Task<ClockAnswer> Advance(DateTimeOffset to, CancellationToken stop) => admin.AdvanceTestClockAsync(new() { To = to }, stop);

    // A machine that has much else to do may not come to a line in time. Sent again, it is done once.
    private async Task Send<TLine, TAnswer>(IEnumerable<TLine> lines, Func<IAsyncEnumerable<TLine>, IAsyncEnumerable<TAnswer>> send, Func<TAnswer, LineError?> wrong)
    {
        var left = lines.ToList();
        for (var round = 1; left.Count > 0; round++)
        {
            var (again, at) = (new List<TLine>(), 0);
            await foreach (var answer in send(left.ToAsyncEnumerable()))
            {
                var line = left[at++];
                if (round < MostRounds && wrong(answer) is { Status: 429 or >= 500 }) again.Add(line);
                else Note(wrong(answer));
            }

            left = again;
        }
    }

    private void Note(LineError? error)
    {
        if (error is not null) throw new InvalidOperationException($"a line was refused: {error.Code}, {error.Detail}");
        told(1);
    }

    private static DateTimeOffset On(int month, int day) => new(2011, month, day, 9, 0, 0, TimeSpan.Zero);
}
