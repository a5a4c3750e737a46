using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Payouts.Sending;

/// <summary>How payouts are sent.</summary>
public sealed record PayoutSenderOptions
{
    /// <summary>Tells two installations on one Stripe account apart. It is part of every key: changed in mid-payment, it could pay twice.</summary>
    public required string Environment { get; init; }

    /// <summary>Of this sender's turn: only with it, and after Stripe and our books were seen to agree in it, anything is sent.</summary>
    public required string Term { get; init; }

    /// <summary>Written into each new intent, and sent with it for ever.</summary>
    public string ApiVersion { get; init; } = "2026-10-28.endive";

    /// <summary>Items that are worked on at the same time, on each silo. More only wait for the rate limit.</summary>
    public int AtOnce { get; init; } = 32;

    /// <summary>Items read at a time.</summary>
    public int Page { get; init; } = 500;

    /// <summary>Between two looks at what is due.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>
/// Does what payout items wait for. It holds nothing that matters: it asks an item for the right to send, which is granted to one and is
/// durable by then, sends the bytes that it was given, and tells what was answered. Where that is lost, the item says what is next.
/// </summary>
public sealed partial class PayoutSender(
    IPayoutWork work, IGrainRouter router, IStripeAccounts accounts, ISendGates gates, PayoutSenderOptions options, TimeProvider time, ILogger<PayoutSender> log)
{
    private readonly ConcurrentDictionary<(int Tenant, CallerId Item, string? Reversal), bool> busy = new();
    private readonly Outage away = new(time);

    // Items of which something became.
    private long moved;

    // Tenants whose Stripe account cannot be used from here, as the file of keys says for as long as this process lives.
    private readonly ConcurrentDictionary<int, bool> unreachable = new();

    /// <summary>Works until it is stopped, and ends when what was under way has.</summary>
    public async Task Run(CancellationToken stop)
    {
        using var places = new SemaphoreSlim(options.AtOnce);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var open = await work.Due(time.GetUtcNow(), options.Term, [.. unreachable.Keys], options.Page, stop);
                away.End();
                var before = Volatile.Read(ref moved);
                foreach (var due in open)
                {
                    await places.WaitAsync(stop);
                    _ = DoOne(due, places, stop);
                }

                // There are more, and it goes forward: what cannot be sent now is looked at again after a pause only.
                if (open.Count == options.Page && Volatile.Read(ref moved) - before >= options.Page / 2) continue;
            }
            catch (JournalUnavailableException exception)
            {
                if (away.Begin()) LogUnavailable(exception.Message);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }

            await Task.Delay(options.Pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        for (var i = 0; i < options.AtOnce; i++) await places.WaitAsync(CancellationToken.None);
    }

    private async Task DoOne(DuePayout due, SemaphoreSlim places, CancellationToken stop)
    {
        try
        {
            // What was read before the last step of an item was durable shows that step once more.
            if (!busy.TryAdd((due.Tenant, due.Item, due.Reversal), true)) return;
            try
            {
                await Do(due, stop);
            }
            finally
            {
                busy.TryRemove((due.Tenant, due.Item, due.Reversal), out _);
            }
        }
        catch (Exception exception) when (exception is GrainUnavailableException or GrainBusyException or JournalUnavailableException or LeaseLostException)
        {
            LogUnavailable(exception.Message);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // It ends; the item is still due.
        }
        catch (Exception exception)
        {
            // Our own bug. It is said here, for nobody waits for this task; the item is still due, or is taken over later.
            LogBug(due.Item, exception);
        }
        finally
        {
            places.Release();
        }
    }

    private async Task Do(DuePayout due, CancellationToken stop)
    {
        var account = await accounts.Of(due.Tenant, stop);
        if (account.Transfers is not { } stripe)
        {
            if (unreachable.TryAdd(due.Tenant, true)) LogUnusable(due.Tenant, account.WhyNot);
            return;
        }

        if (due.Step == PayoutStep.Send) await Send(stripe, due, stop);
        else if (due.Step == PayoutStep.LookUp) await LookUp(stripe, due, stop);
        else if (due.Step == PayoutStep.WriteIntent) await Ask(due, new PayoutItemCommand.WriteIntent(options.Environment, due.Tenant, options.ApiVersion));
    }

    private async Task Send(StripeTransfers stripe, DuePayout due, CancellationToken stop)
    {
        await stripe.AdmitSending(SendRoute.Of(due), stop);
        if (due.Reversal is null && !await work.MayGo(due, stop)) return;
        var window = stripe.Open();
        var granted = await Ask(due, new PayoutItemCommand.BeginSend(due.Generation, options.Term));
        var sending = due.Reversal is { } reversal ? granted.Item.Reversal(reversal)?.Sending : granted.Item;
        if (!granted.Changed || sending is not { Status: PayoutItemStatus.InFlight }) return;
        var answer = await stripe.Send(sending.Intent!, window, due.Reversal is null ? SendRoute.Of(granted.Item.Order!) : SendRoute.Of(due), stop);
        if (answer is TransferAnswer.AccessRefused refused)
        {
            await gates.Shut(due.Tenant, refused.Code is { } code ? $"Stripe refuses the key: {code}" : "Stripe refuses the key", "sender", CancellationToken.None);
            LogStopped(due.Tenant, refused.Code);
        }

        await Ask(due, new PayoutItemCommand.RecordAnswer(sending.Generation, sending.Attempt, answer, RandomNumberGenerator.GetInt32(1_000)));
        Interlocked.Increment(ref moved);
    }

    private async Task LookUp(StripeTransfers stripe, DuePayout due, CancellationToken stop)
    {
        var askedAt = time.GetUtcNow();
        var found = due.Reversal is { } reversal ? stripe.LookUp(due.Transfer!, reversal, stop)
            : due.Customer is { } customer ? stripe.LookUpCredit(customer, due.Item.Value, stop)
            : stripe.LookUp(due.Item.Value, stop);
        if (await found is { } answer) await Ask(due, new PayoutItemCommand.RecordLookup(due.Generation, answer, askedAt));
    }

    // Not to be given up once it is sent: what Stripe said is worth more than a quick end.
    private Task<PayoutItemReply> Ask(DuePayout due, PayoutItemCommand command) =>
        router.Ask(
            GrainAddress.PayoutItem(due.Tenant, due.Item),
            new AskPayoutItem(due.Reversal is { } reversal ? new PayoutItemCommand.OfReversal(reversal, command) : command), CancellationToken.None);

    [LoggerMessage(LogLevel.Warning, "A step of a payout could not be written: {Reason}")]
    private partial void LogUnavailable(string reason);

    [LoggerMessage(LogLevel.Error, "All sending stops for tenant {Tenant}, until a person opens it: Stripe refuses the key ({Reason}).")]
    private partial void LogStopped(int tenant, string? reason);

    [LoggerMessage(LogLevel.Warning, "Payouts of tenant {Tenant} are not sent from here: {Reason}.")]
    private partial void LogUnusable(int tenant, string? reason);

    [LoggerMessage(LogLevel.Error, "A step of payout item {Item} met a bug.")]
    private partial void LogBug(CallerId item, Exception exception);
}
