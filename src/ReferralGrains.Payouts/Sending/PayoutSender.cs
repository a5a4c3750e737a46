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

    /// <summary>Items that are worked on at the same time, on each silo: as many share a commit.</summary>
    public int AtOnce { get; init; } = 64;

    /// <summary>Of these, of one tenant: one that Stripe keeps waiting leaves places to the others.</summary>
    public int OfOneTenant { get; init; } = 32;

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
    IPayoutWork work, IGrainRouter router, IStripeAccounts accounts, ISendGates gates, PayoutSenderOptions options, WorkSignal signal, TimeProvider time, ILogger<PayoutSender> log)
{
    // That a tenant rests whom Stripe does not answer: they begin with one and double.
    private const int MostPauses = 60;

    private readonly Outage away = new(time);

    // Tenants whose Stripe account cannot be used from here, as the file of keys says for as long as this process lives.
    private readonly ConcurrentDictionary<int, bool> unreachable = new();

    // Tenants of whom nothing more is read until then: as long as what was read last is worked on, and while Stripe does not answer. So what of
    // one tenant waits keeps no other from what it has. It is lost with this process, and learnt again.
    private readonly ConcurrentDictionary<int, DateTimeOffset> resting = new();

    // How often, one after the other, Stripe answered nothing of what was read of a tenant.
    private readonly ConcurrentDictionary<int, int> silences = new();

    /// <summary>Works until it is stopped, and ends when what was under way has.</summary>
    public async Task Run(CancellationToken stop)
    {
        using var places = new SemaphoreSlim(options.AtOnce);
        var under = new List<Task>();
        while (!stop.IsCancellationRequested)
        {
            var more = signal.Next;
            try
            {
                var now = time.GetUtcNow();
                var open = await work.Due(now, options.Term, [.. unreachable.Keys, .. resting.Where(one => one.Value > now).Select(static one => one.Key)], options.Page, stop);
                away.End();
                foreach (var some in open.GroupBy(static due => due.Tenant))
                {
                    resting[some.Key] = DateTimeOffset.MaxValue;
                    under.Add(DoSome(some.Key, [.. some], now, places, stop));
                }

                under.RemoveAll(static one => one.IsCompleted);

                // There are more, of others.
                if (open.Count == options.Page) continue;
            }
            catch (JournalUnavailableException exception)
            {
                if (away.Begin()) LogUnavailable(exception.Message);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }

            await Task.WhenAny(more, Task.Delay(options.Pause, time, stop));
        }

        await Task.WhenAll(under);
    }

    private async Task DoSome(int tenant, IReadOnlyList<DuePayout> open, DateTimeOffset readAt, SemaphoreSlim places, CancellationToken stop)
    {
        var heard = new Heard();
        await Parallel.ForEachAsync(open, new ParallelOptions { MaxDegreeOfParallelism = options.OfOneTenant }, async (due, _) =>
        {
            // Nothing of as many as are asked at once was answered: the rest would only wait for as long.
            if (stop.IsCancellationRequested || heard.IsSilent(options.OfOneTenant)) return;
            await places.WaitAsync(CancellationToken.None);
            await DoOne(due, heard, places, stop);
        });

        // What was given up says nothing about Stripe.
        if (stop.IsCancellationRequested) return;

        // There may be more where it goes forward: what cannot be sent now is looked at again after a pause only.
        var goesOn = heard.Answers >= options.Page / 2;
        resting[tenant] = heard.IsSilent(1) ? time.GetUtcNow() + Rest(tenant) : goesOn ? readAt : readAt + options.Pause;
        if (heard.Answers == 0) return;
        silences.TryRemove(tenant, out _);
        signal.Raise();
    }

    private TimeSpan Rest(int tenant)
    {
        var times = silences.AddOrUpdate(tenant, 1, static (_, before) => before + 1);
        if (times == 1) LogSilent(tenant);
        return options.Pause * Math.Min(Math.Pow(2, times - 1), MostPauses);
    }

    private async Task DoOne(DuePayout due, Heard heard, SemaphoreSlim places, CancellationToken stop)
    {
        try
        {
            await Do(due, heard, stop);
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

    private async Task Do(DuePayout due, Heard heard, CancellationToken stop)
    {
        var account = await accounts.Of(due.Tenant, stop);
        if (account.Transfers is not { } stripe)
        {
            if (unreachable.TryAdd(due.Tenant, true)) LogUnusable(due.Tenant, account.WhyNot);
            return;
        }

        if (due.Step == PayoutStep.Send) await Send(stripe, due, heard, stop);
        else if (due.Step == PayoutStep.LookUp) await LookUp(stripe, due, heard, stop);
        else if (due.Step == PayoutStep.WriteIntent) await Ask(due, new PayoutItemCommand.WriteIntent(options.Environment, due.Tenant, options.ApiVersion));
    }

    private async Task Send(StripeTransfers stripe, DuePayout due, Heard heard, CancellationToken stop)
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

        // Where it is not known, the item says itself when it is sent again.
        if (answer is not TransferAnswer.Unknown) heard.Note(isAnswer: true);
    }

    private async Task LookUp(StripeTransfers stripe, DuePayout due, Heard heard, CancellationToken stop)
    {
        var askedAt = time.GetUtcNow();
        var found = due.Reversal is { } reversal ? stripe.LookUp(due.Transfer!, reversal, stop)
            : due.Customer is { } customer ? stripe.LookUpCredit(customer, due.Item.Value, stop)
            : stripe.LookUp(due.Item.Value, stop);
        var answer = await found;
        heard.Note(isAnswer: answer is not null);
        if (answer is not null) await Ask(due, new PayoutItemCommand.RecordLookup(due.Generation, answer, askedAt));
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

    [LoggerMessage(LogLevel.Warning, "Stripe does not answer for tenant {Tenant}: its payouts are looked at again later, more and more seldom, until it does.")]
    private partial void LogSilent(int tenant);

    [LoggerMessage(LogLevel.Warning, "Payouts of tenant {Tenant} are not sent from here: {Reason}.")]
    private partial void LogUnusable(int tenant, string? reason);

    [LoggerMessage(LogLevel.Error, "A step of payout item {Item} met a bug.")]
    private partial void LogBug(CallerId item, Exception exception);

    /// <summary>How much of what was asked of Stripe for one tenant was answered.</summary>
    private sealed class Heard
    {
        private int answers;
        private int silences;

        public int Answers => Volatile.Read(ref answers);

        public bool IsSilent(int times) => Answers == 0 && Volatile.Read(ref silences) >= times;

        public void Note(bool isAnswer) => Interlocked.Increment(ref isAnswer ? ref answers : ref silences);
    }
}
