using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ReferralGrains.Payouts.Accounts;
using ReferralGrains.Payouts.Batches;
using ReferralGrains.Payouts.Customers;
using ReferralGrains.Payouts.Reconciliation;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Payouts.Standin;
using ReferralGrains.Payouts.Webhooks;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Storage.Webhooks;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Payouts;

/// <summary>Sends payouts, follows what Stripe tells and compares with it, on one silo at a time.</summary>
internal sealed partial class PayoutService(
    ISenderTurn turn, IPayoutWork work, IPayoutBatchWork batches, IPayoutCandidates candidates, IConnectedAccounts connected, IGrainRouter router, IStripeAccounts accounts,
    ISendGates gates, IReconciliations store, IWebhookInbox inbox, IEnumerable<IFollowsNotices> followers, PayoutOptions payouts, ISiloLease lease, ILoggerFactory logs)
    : BackgroundService
{
    private readonly TimeProvider time = lease.Time;
    private readonly TimeSpan pause = payouts.Pause;
    private readonly ILogger<PayoutService> log = logs.CreateLogger<PayoutService>();
    private readonly Outage away = new(lease.Time);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var isMine = await turn.IsMine(stoppingToken);
                if (away.End() is { } lasted) LogAvailable(lasted.TotalSeconds);
                if (isMine) await WorkWhileMine(stoppingToken);
            }
            catch (JournalUnavailableException exception)
            {
                if (away.Begin()) LogUnavailable(exception.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                // Our own bug, which ended one of what this turn does. It is said here, and all is taken up again: money does not wait for a restart.
                LogBug(exception);
            }

            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WorkWhileMine(CancellationToken stop)
    {
        using var mine = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (turn.Term is not { } term) return;
        var options = new PayoutSenderOptions { Environment = await turn.Installation(stop), Term = term, Pause = pause };
        var signal = new WorkSignal();
        var sender = new PayoutSender(work, router, accounts, gates, options, signal, time, logs.CreateLogger<PayoutSender>());
        var runner = new PayoutBatchRunner(batches, candidates, connected, router, options, signal, time, logs.CreateLogger<PayoutBatchRunner>());
        var reconciler = new Reconciler(store, gates, accounts, router, payouts, term, pause, time, logs.CreateLogger<Reconciler>());
        var worker = new InboxWorker(inbox, followers, store, accounts, payouts.Reconciliation, pause, time, logs.CreateLogger<InboxWorker>());
        LogBegan();
        Task[] working = [sender.Run(mine.Token), runner.Run(mine.Token), reconciler.Run(mine.Token), worker.Run(mine.Token)];
        try
        {
            // One that ended, for a bug, ends the others, so that it is taken up with them.
            var ended = Task.WhenAny(working);
            while (!ended.IsCompleted && await turn.IsMine(stop)) await Task.WhenAny(ended, Task.Delay(pause, time, stop));
        }
        finally
        {
            await mine.CancelAsync();
            await Task.WhenAll(working);
            LogEnded();
        }
    }

    [LoggerMessage(LogLevel.Warning, "Whether this silo sends payouts cannot be asked: {Reason}")]
    private partial void LogUnavailable(string reason);

    [LoggerMessage(LogLevel.Information, "Whether this silo sends payouts can be asked again after {Seconds:0.0} s.")]
    private partial void LogAvailable(double seconds);

    [LoggerMessage(LogLevel.Error, "Sending payouts, following and comparing them met a bug, and are taken up again.")]
    private partial void LogBug(Exception exception);

    [LoggerMessage(LogLevel.Information, "This silo sends payouts.")]
    private partial void LogBegan();

    [LoggerMessage(LogLevel.Information, "This silo sends payouts no more.")]
    private partial void LogEnded();
}

public static class PayoutSetup
{
    /// <summary>
    /// Sends payouts, follows what Stripe tells and compares with it. Needs <see cref="AddConnectedAccounts"/>, <c>IGrainRouter</c>,
    /// <c>IPayoutCandidates</c>, <c>ISiloLease</c> and the database beside it.
    /// </summary>
    public static IServiceCollection AddPayouts(this IServiceCollection services) => services
        .AddSingleton<IPayoutWork, PayoutWork>()
        .AddSingleton<IPayoutBatchWork, PayoutBatchWork>()
        .AddSingleton(static all => new TransferNews(all.GetRequiredService<IGrainRouter>(), all.GetRequiredService<ISiloLease>().Time))
        .AddSingleton<IFollowsNotices, TransferNotices>()
        .AddSingleton<IFollowsNotices, AccountNotices>()
        .AddSingleton<IFollowsNotices, CustomerNotices>()
        .AddSingleton<IFollowsNotices, ShownNotices>()
        .AddHostedService<PayoutService>();

    /// <summary>For every process that answers HTTP. Needs <c>IGrainRouter</c>, <c>ITenants</c>, <c>IPayoutReports</c>, <c>ISiloLease</c>, <c>TimeProvider</c> and the database beside it.</summary>
    public static IServiceCollection AddConnectedAccounts(this IServiceCollection services, PayoutOptions options) => services
        .AddSingleton(options)
        .AddSingleton(options.Keys)
        .AddSingleton<ISenderTurn, SenderTurn>()
        .AddSingleton<IStandinCalls, StandinCalls>()
        .AddSingleton(new StandinAddress(options.PublicUrl))
        .AddSingleton<HostedStandin>()
        .AddSingleton<IStripeAccounts, StripeAccounts>()
        .AddSingleton<ICustomerCheck, StripeCustomers>()
        .AddSingleton<ISendGates, SendGates>()
        .AddSingleton<IReconciliations, Reconciliations>()
        .AddSingleton<IWebhookInbox, WebhookInbox>()
        .AddSingleton<IStripeDoor, StripeDoor>()
        .AddSingleton<IPayoutReview, PayoutReview>()
        .AddSingleton<IConnectedAccounts, ConnectedAccounts>();
}
