using System.Diagnostics.Metrics;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Gateway.Metrics;

/// <summary>
/// What waits, as gauges. Every process counts the whole installation, so that any one of them is enough to watch it; while the database
/// cannot be asked there are no figures rather than old ones.
/// </summary>
internal sealed class BacklogMetrics : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);
    private readonly BacklogReports reports;
    private readonly TimeProvider time;
    private readonly ILogger<BacklogMetrics> log;
    private volatile Backlog? last;

    public BacklogMetrics(BacklogReports reports, TimeProvider time, IMeterFactory meters, ILogger<BacklogMetrics> log)
    {
        (this.reports, this.time, this.log) = (reports, time, log);
        var meter = meters.Create(GatewayMetrics.Meter.Name);
        Gauge("grains_parked_actions", "actions", "Actions that wait for a referral or a sale.", static backlog => backlog.Parked);
        Gauge("grains_due_backlog", "{grain}", "Grains with something that is due.", static backlog => backlog.Due);
        Gauge("grains_due_lag_seconds", null, "For how long the oldest of them has been due.", static backlog => Seconds(backlog.DueFor));
        Gauge("grains_sealing_lag_seconds", null, "The age of the oldest commit that is not sealed.", static backlog => Seconds(backlog.UnsealedFor));
        Gauge("grains_payout_items_open", "{item}", "Payout items whose amount is in transit.", static backlog => backlog.OpenItems);
        Gauge("grains_payout_items_in_review", "{item}", "Payout items that wait for a person.", static backlog => backlog.ItemsInReview);
        Gauge("grains_webhook_lag_seconds", null, "For how long the oldest event has waited that an endpoint is to be told, or the oldest commit that is to be looked through for some.", static backlog => Seconds(backlog.UntoldFor));
        Gauge("grains_webhook_endpoints_failing", "{endpoint}", "Webhook endpoints that did not take the last event.", static backlog => backlog.FailingEndpoints);
        Gauge("grains_webhook_endpoints_lost", "{endpoint}", "Webhook endpoints that were given up.", static backlog => backlog.LostEndpoints);
        Gauge("grains_processes", null, "Processes of this cluster that are alive.", static backlog => backlog.Processes);

        void Gauge(string name, string? unit, string description, Func<Backlog, double> value) => meter.CreateObservableGauge<double>(
            name, () => last is { } backlog ? [new(value(backlog))] : Array.Empty<Measurement<double>>(), unit, description);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => LastingWork.Go("Counting what waits", Run, time, log, stoppingToken);

    private async Task Run(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                last = await reports.Read(stop);
            }
            catch (Exception exception)
            {
                last = null;
                if (!Faults.IsUnavailable(exception)) throw;
            }
        }
        while (await timer.WaitForNextTickAsync(stop));
    }

    private static double Seconds(TimeSpan age) => Math.Max(0, age.TotalSeconds);
}
