using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Storage.Webhooks;

namespace ReferralGrains.Webhooks;

/// <summary>
/// Tells endpoints what happened, each in the order of the journal and many side by side. It keeps nothing: what a process that died had not
/// saved, another tells again, under the same id. At least once, and never past what was not taken.
/// </summary>
internal sealed partial class WebhookDelivering(WebhookWork work, WebhookSender sender, WebhookOptions options, ISiloLease lease, ILogger<WebhookDelivering> log) : BackgroundService
{
    private const int Page = 100;

    private static readonly TimeSpan forgetEvery = TimeSpan.FromMinutes(10);

    // What one process puts off another takes up.
    private readonly TimeProvider time = lease.Time;
    private readonly HashSet<Task> healthy = [];
    private readonly HashSet<Task> failing = [];
    private readonly Outage away = new(lease.Time);
    private readonly Setback setback = new(lease.Time);
    private DateTimeOffset forgetAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await LastingWork.Go("Telling webhooks", Run, time, log, stoppingToken);
        await Task.WhenAll([.. healthy, .. failing]);
    }

    private async Task Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var pause = options.Pause;
            try
            {
                if (await Gather(stop) is null) pause = options.IdlePause;
                await Start(healthy, options.AtOnce, isFailing: false, stop);
                await Start(failing, options.FailingAtOnce, isFailing: true, stop);
                if (time.GetUtcNow() is var now && now >= forgetAt)
                {
                    forgetAt = now + forgetEvery;
                    await work.Forget(now - options.Kept, stop);
                }

                if (away.End() is { } lasted) LogGoesOn(lasted.TotalSeconds);
            }
            catch (Exception exception) when (exception is JournalUnavailableException or LeaseLostException)
            {
                if (away.Begin()) LogUnavailable(exception.Message);
            }

            await Task.Delay(pause, time, stop);
        }
    }

    // A commit that cannot be read holds up what comes after it, and nothing else: what was gathered before it is told all the same. A process of
    // another version may read it.
    private async Task<bool?> Gather(CancellationToken stop)
    {
        if (setback.Lasts) return false;
        try
        {
            bool? more;
            while ((more = await work.Gather(stop)) == true)
            {
            }

            setback.End();
            return more;
        }
        catch (Exception exception) when (exception is not (JournalUnavailableException or LeaseLostException or OperationCanceledException))
        {
            LogGatheringBug(setback.Begin().TotalSeconds, exception);
            return false;
        }
    }

    private async Task Start(HashSet<Task> running, int places, bool isFailing, CancellationToken stop)
    {
        running.RemoveWhere(static one => one.IsCompleted);
        if (running.Count >= places) return;
        foreach (var claim in await work.Claim(time.GetUtcNow(), options.Term, isFailing, places - running.Count, stop)) running.Add(Deliver(claim, stop));
    }

    private async Task Deliver(WebhookClaim claim, CancellationToken stop)
    {
        try
        {
            await new Telling(claim, work, sender, options, time).Run(stop);
        }
        catch (Exception exception) when (exception is JournalUnavailableException or LeaseLostException)
        {
            if (away.Begin()) LogUnavailable(exception.Message);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Our own bug, at one endpoint: the others go on, and it is tried again when the term is over.
            LogBug(claim.Target.Id, exception);
        }
    }

    /// <summary>One endpoint, for a while.</summary>
    private sealed class Telling(WebhookClaim claim, WebhookWork work, WebhookSender sender, WebhookOptions options, TimeProvider time)
    {
        private readonly List<WebhookDelivery> unsaved = [];
        private readonly long began = time.GetTimestamp();
        private WebhookTarget target = claim.Target;
        private long position = claim.Target.Position;
        private long savedAt = time.GetTimestamp();

        public async Task Run(CancellationToken stop)
        {
            try
            {
                while (await work.Next(target, position, Page, stop) is { Count: > 0 } page)
                    foreach (var message in page)
                        if (!await Tell(message, stop)) return;
                await Save(Fine(keeps: false));
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // What was under way is told again by whoever comes next.
                await Save(Fine(keeps: false));
            }
        }

        // False where this process is to leave it.
        private async Task<bool> Tell(WebhookMessage message, CancellationToken stop)
        {
            if (time.GetElapsedTime(began) > options.Slice)
            {
                await Save(Fine(keeps: false));
                return false;
            }

            if (target.Wants(message.Type))
            {
                var sent = await sender.Send(target, message, WebhookCause.Turn, target.Attempts + 1, stop);
                unsaved.Add(sent.Delivery);
                if (!sent.IsTaken)
                {
                    await Save(Failed(sent));
                    return false;
                }

                target = target with { Attempts = 0, FailingSince = null };
            }

            position = message.Position;
            return (time.GetElapsedTime(savedAt) < options.Unsaved && unsaved.Count < Page) || await Save(Fine(keeps: true));
        }

        // Whoever switched it off, or changed where it is, what signs or what it wants, is heeded.
        private async Task<bool> Save(WebhookProgress progress)
        {
            var saved = await work.Save(claim, progress, options.Term, CancellationToken.None);
            unsaved.Clear();
            savedAt = time.GetTimestamp();
            var goesOn = progress.Keeps && saved is { State: WebhookState.Enabled } && saved.Url == target.Url;
            if (progress.Keeps && saved is { State: WebhookState.Enabled } && !goesOn) await work.Save(claim, progress with { Keeps = false, Deliveries = [] }, options.Term, CancellationToken.None);
            if (goesOn) target = saved!;
            return goesOn;
        }

        private WebhookProgress Fine(bool keeps) =>
            new(position, target.Attempts, target.FailingSince, time.GetUtcNow(), WebhookState.Enabled, target.Attempts == 0 ? null : target.Why, keeps, [.. unsaved]);

        private WebhookProgress Failed(Sent sent)
        {
            var (now, attempts, delivery) = (time.GetUtcNow(), target.Attempts + 1, sent.Delivery);
            var why = delivery.Status is { } status && delivery.Failure == "status" ? $"status_{status}" : delivery.Failure;
            var isOver = attempts > options.Waits.Length;
            var state = delivery.Failure == WebhookSender.Gone ? WebhookState.Gone : isOver ? WebhookState.Failed : WebhookState.Enabled;
            var wait = isOver ? TimeSpan.Zero : options.Waits[attempts - 1];
            if (sent.RetryAfter > wait) wait = sent.RetryAfter < options.Waits[^1] ? sent.RetryAfter.Value : options.Waits[^1];
            return new(position, attempts, target.FailingSince ?? now, now + wait, state, why, Keeps: false, [.. unsaved]);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Webhooks wait: {Reason}")]
    private partial void LogUnavailable(string reason);

    [LoggerMessage(LogLevel.Information, "Webhooks go on after {Seconds:0.0} s.")]
    private partial void LogGoesOn(double seconds);

    [LoggerMessage(LogLevel.Error, "Gathering what webhooks tell met a bug, and is tried again in {Seconds} s.")]
    private partial void LogGatheringBug(double seconds, Exception exception);

    [LoggerMessage(LogLevel.Error, "Telling webhook endpoint {Endpoint} met a bug.")]
    private partial void LogBug(long endpoint, Exception exception);
}
