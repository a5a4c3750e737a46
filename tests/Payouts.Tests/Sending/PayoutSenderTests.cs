using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Payouts.Tests.World;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Integration.Tests;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace Payouts.Tests.Sending;

/// <summary>What one tenant waits for keeps no other waiting.</summary>
public sealed class PayoutSenderTests : IPayoutWork, IStripeAccounts, IGrainRouter, ILogger<PayoutSender>
{
    private const int Silent = 1;
    private const int Other = 2;

    private static readonly PayoutSenderOptions options = new() { Environment = "test", Term = "term", Pause = TimeSpan.FromMilliseconds(20), Page = 50 };

    private readonly ConcurrentQueue<string> said = [];
    private readonly ConcurrentQueue<int> asked = [];
    private readonly ConcurrentDictionary<string, bool> told = new();
    private volatile bool isDue = true;
    private int looks;
    private StripeTransfers nobody = null!;
    private StripeTransfers standin = null!;

    // A revoked key, or an address where nobody listens: of all that is due it has the oldest, and more than is read at a time.
    [Fact]
    public async Task A_tenant_whom_Stripe_does_not_answer_is_asked_for_again_later_and_the_others_go_on()
    {
        await using var running = await RunningStandin.Start();
        using (nobody = Open("http://127.0.0.1:1"))
        using (standin = Open(running.Url))
        using (var stop = new CancellationTokenSource())
        {
            var sending = new PayoutSender(this, this, this, gates: null!, options, new(), TimeProvider.System, this).Run(stop.Token);
            await Eventually.Holds("the other one is told", () => Task.FromResult(told.ContainsKey("other")));
            await Eventually.Holds("the silent one is asked for again", () => Task.FromResult(asked.Count(tenant => tenant == Silent) > 10 * options.OfOneTenant));
            await stop.CancelAsync();
            await sending;
        }

        // On a machine with much to do the other one may be silent for a moment, too.
        Assert.Single(said, static line => line.Contains($"tenant {Silent}", StringComparison.Ordinal));
        Assert.Equal(["other"], told.Keys);
    }

    // With a pause of an hour only the signal can bring it back in time.
    [Fact]
    public async Task What_has_become_due_by_a_signal_waits_for_no_pause()
    {
        await using var running = await RunningStandin.Start();
        using (nobody = Open("http://127.0.0.1:1"))
        using (standin = Open(running.Url))
        using (var stop = new CancellationTokenSource())
        {
            var signal = new WorkSignal();
            isDue = false;
            var sending = new PayoutSender(this, this, this, gates: null!, options with { Pause = TimeSpan.FromHours(1) }, signal, TimeProvider.System, this).Run(stop.Token);
            await Eventually.Holds("it has looked, and found nothing", () => Task.FromResult(Volatile.Read(ref looks) > 0));
            isDue = true;
            signal.Raise();
            await Eventually.Holds("it is told", () => Task.FromResult(told.ContainsKey("other")));
            await stop.CancelAsync();
            await sending;
        }
    }

    public Task<IReadOnlyList<DuePayout>> Due(DateTimeOffset until, string term, IReadOnlyCollection<int> without, int limit, CancellationToken stop)
    {
        var isDueNow = isDue;
        Interlocked.Increment(ref looks);
        return Task.FromResult<IReadOnlyList<DuePayout>>(!isDueNow ? [] : [
            .. Enumerable.Range(0, 2 * limit).Select(i => new DuePayout(Silent, new($"silent_{i}"), 1, PayoutStep.LookUp)).Append(new(Other, new("other"), 1, PayoutStep.LookUp))
                .Where(due => !without.Contains(due.Tenant)).Take(limit)]);
    }

    public Task<bool> MayGo(DuePayout due, CancellationToken stop) => Task.FromResult(true);

    public ValueTask<StripeAccount> Of(int tenant, CancellationToken stop)
    {
        asked.Enqueue(tenant);
        return new(new StripeAccount(tenant == Silent ? nobody : standin, null));
    }

    public Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop)
    {
        told[to.First.Value] = true;
        return Task.FromResult((TReply)(object)new PayoutItemReply(null, true, PayoutItem.None));
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => said.Enqueue(formatter(state, exception));

    private static StripeTransfers Open(string url) =>
        new(RunningStandin.Key, new(url), new(TimeProvider.System, 100_000, 100_000), PayoutWorld.Waits, TimeProvider.System);
}
