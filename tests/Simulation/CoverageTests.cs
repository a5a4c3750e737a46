using System.Text;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Simulation.Market;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Simulation;

/// <summary>A simulation is worth what happens in it.</summary>
public sealed class CoverageTests
{
    private static readonly Lazy<IReadOnlyList<Marketplace>> Run = new(() => [.. Enumerable.Range(1, Ran.Kept).AsParallel().AsOrdered().Select(static seed => Ran.Of(seed).Market)]);

    [Fact]
    public void Every_event_there_is_happens()
    {
        var happened = Run.Value.SelectMany(market => market.Database.Rows()).Select(row => row.Event.Type).ToHashSet();

        // Payouts have a test of faults of their own, against a stand-in of Stripe.
        Assert.All(EventCodec.Known.Where(static type => type.Namespace != typeof(PayoutItemEvent).Namespace), type => Assert.True(happened.Contains(EventCodec.NumberOf(type)), $"{type.Name} never happened."));
    }

    [Fact]
    public void Every_decision_there_is_is_made()
    {
        var made = Run.Value.SelectMany(market => market.Log.Sendings).SelectMany(sending => sending.Outcome?.Decisions ?? []).Select(decision => decision.Code).ToHashSet();

        // What waits, or has nothing to decide it, is no decision.
        Assert.Equal(
            [DecisionCode.ReferralMissing, DecisionCode.ReferralPending, DecisionCode.SaleMissing, DecisionCode.NotEnrolled],
            Enum.GetValues<DecisionCode>().Except(made));
    }

    [Fact]
    public void Everything_goes_wrong_that_can()
    {
        var appends = Run.Value.SelectMany(market => market.Everyone).SelectMany(process => process.Node.Journal.History).Select(entry => entry.Outcome);

        // Who spends is fenced by its own stream first; the guard is against those who take from the balance of another stream.
        Assert.Equal(Enum.GetValues<AppendOutcome>().Except([AppendOutcome.BalanceShort]), appends.Distinct().Order());
        Assert.Contains(Run.Value, market => market.Everyone.Count > 3);
        Assert.Contains(Run.Value, market => market.Log.Sendings.Exists(sending => sending.Reply is null));
        Assert.Contains(Run.Value, market => market.Log.Sendings.Exists(sending => sending.Reply?.Refusal?.Kind == RefusalKind.Conflict));
        Assert.Contains(Run.Value, market => market.Database.Streams.Any(stream => stream.Snapshot is not null));
        Assert.Contains(Run.Value, market => market.Wired);
    }

    [Fact]
    public void A_seed_is_one_run()
    {
        foreach (var first in Run.Value.Take(10).Select((market, i) => (market, Again: Ran.Anew(i + 1, Simulation.Database.PlantedBugs.None).Market)))
        {
            Assert.Equal(first.market.Pump.Steps, first.Again.Pump.Steps);
            Assert.Equal(first.market.Database.Rows().Select(Text), first.Again.Database.Rows().Select(Text));
        }
    }

    private static string Text(Simulation.Database.JournalRow row) => $"{row.Commit} {row.Stream} {row.Seq} {(row.Event.Data is { } data ? Encoding.UTF8.GetString(data) : "")}";
}
