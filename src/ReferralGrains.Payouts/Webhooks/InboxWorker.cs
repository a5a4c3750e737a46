using Microsoft.Extensions.Logging;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Storage.Webhooks;
using ReferralGrains.Turns;

namespace ReferralGrains.Payouts.Webhooks;

/// <summary>
/// Follows what is in the inbox, and asks Stripe now and then for what never came. It keeps nothing: what it did not end, it or another does
/// again.
/// </summary>
public sealed partial class InboxWorker(
    IWebhookInbox inbox, IEnumerable<IFollowsNotices> followers, IReconciliations store, IStripeAccounts accounts, ReconciliationOptions options, TimeSpan pause, TimeProvider time,
    ILogger<InboxWorker> log)
{
    public const string Stripe = "stripe";

    private const int AtOnce = 8;
    private const int Page = 200;
    private const int MostAttempts = 20;

    // Stripe keeps events for thirty days.
    private static readonly TimeSpan oldest = TimeSpan.FromDays(29);

    // Longer than Stripe can tell of an event, so that what is forgotten is not taken again.
    private static readonly TimeSpan kept = TimeSpan.FromDays(60);

    private readonly string[] types = [.. followers.SelectMany(static one => one.Types)];
    private readonly Dictionary<int, DateTimeOffset> sweepAgainAt = [];
    private readonly Outage away = new(time);
    private DateTimeOffset forgetAt;

    /// <summary>Works until it is stopped.</summary>
    public async Task Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                foreach (var tenant in await store.Tenants(stop)) await Sweep(tenant, stop);
                await Forget(stop);
                var due = await inbox.Due(time.GetUtcNow(), Page, stop);
                await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, (notice, cut) => new(Follow(notice, cut)));
                away.End();
                if (due.Count == Page) continue;
            }
            catch (Exception exception) when (exception is JournalUnavailableException or LeaseLostException)
            {
                if (away.Begin()) LogUnavailable(exception.Message);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }

            await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Follow(InboxEvent notice, CancellationToken stop)
    {
        var follower = followers.FirstOrDefault(one => one.Follows(notice.Source, notice.Type));
        if (follower is null)
        {
            await inbox.End(notice.Id, InboxOutcome.Passed, null, stop);
            return;
        }

        try
        {
            var (outcome, detail) = await follower.Follow(notice, stop);
            await inbox.End(notice.Id, outcome, detail, stop);
        }
        catch (Exception exception) when (exception is StripeAwayException or GrainUnavailableException or GrainBusyException)
        {
            await Later(notice, exception.Message, stop);
        }
        catch (Exception exception) when (exception is not (JournalUnavailableException or LeaseLostException or OperationCanceledException))
        {
            // Our own bug, in one notice: the others go on.
            LogBug(notice.Id, notice.Type, exception);
            await Later(notice, exception.GetType().Name, stop);
        }
    }

    private async Task Later(InboxEvent notice, string why, CancellationToken stop)
    {
        if (notice.Attempts + 1 >= MostAttempts)
        {
            LogGivenUp(notice.Id, notice.Type, why);
            await inbox.End(notice.Id, InboxOutcome.GivenUp, why, stop);
            return;
        }

        var wait = TimeSpan.FromSeconds(Math.Min(600, 1 << Math.Min(notice.Attempts, 10)));
        await inbox.Later(notice.Id, time.GetUtcNow() + wait, why, stop);
    }

    // Events come newest first, and one that is there is passed over: a sweep that was cut short is begun again.
    private async Task Sweep(int tenant, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        if (now < sweepAgainAt.GetValueOrDefault(tenant) || (await accounts.Of(tenant, stop)).Transfers is not { } stripe) return;
        sweepAgainAt[tenant] = now + options.AgainAfter;
        var sweptTo = await inbox.SweptTo(tenant, Stripe, stop);
        if (now < sweptTo + options.SweepEvery) return;
        var from = sweptTo is { } to && to > now - oldest ? to - options.Slack : now - oldest;
        var (missed, after) = (0L, (string?)null);
        try
        {
            while (true)
            {
                var page = await stripe.Events(types, from, after, stop);
                if (page.Events.Count > 0)
                    missed += await inbox.Take([.. page.Events.Select(one => new InboxEvent(tenant, Stripe, one.Account ?? "", one.Id, one.Type, one.About))], stop);
                if (!page.HasMore || page.Events.Count == 0) break;
                after = page.Events[^1].Id;
            }

            await inbox.Swept(tenant, Stripe, now, stop);
            sweepAgainAt[tenant] = now + options.SweepEvery;
            if (missed > 0) LogSwept(missed, tenant);
        }
        catch (StripeAwayException unanswered)
        {
            LogUnavailable(unanswered.Message);
        }
        catch (Exception exception) when (exception is not (JournalUnavailableException or LeaseLostException or OperationCanceledException))
        {
            // Our own bug, in what one tenant's account tells: the others go on.
            LogBugInSweep(tenant, exception);
        }
    }

    // Whoever pays nothing out, or has no key, has sources, and as much comes of these.
    private async Task Forget(CancellationToken stop)
    {
        var now = time.GetUtcNow();
        if (now < forgetAt) return;
        forgetAt = now + options.SweepEvery;
        await inbox.Forget(now - kept, stop);
    }

    [LoggerMessage(LogLevel.Warning, "What others told could not be followed: {Reason}")]
    private partial void LogUnavailable(string reason);

    [LoggerMessage(LogLevel.Error, "Notice {Notice} of type {Type} met a bug.")]
    private partial void LogBug(long notice, string type, Exception exception);

    [LoggerMessage(LogLevel.Error, "What tenant {Tenant}'s account tells met a bug.")]
    private partial void LogBugInSweep(int tenant, Exception exception);

    [LoggerMessage(LogLevel.Error, "Notice {Notice} of type {Type} is given up: {Reason}")]
    private partial void LogGivenUp(long notice, string type, string reason);

    [LoggerMessage(LogLevel.Information, "{Count} events of tenant {Tenant} had not come by themselves.")]
    private partial void LogSwept(long count, int tenant);
}
