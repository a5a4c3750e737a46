using System.Text.Json;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Simulation.Market;

/// <summary>What happens to the servers and to the clock while clients work.</summary>
internal sealed class Trouble(Marketplace market, int level)
{
    private Random Random => market.Random;

    public async Task Run(Task working)
    {
        while (!working.IsCompleted)
        {
            await Marketplace.Pause(20 + Random.Next(200));
            var process = market.Processes[Random.Next(market.Processes.Count)];
            switch (Random.Next(8))
            {
                case 0: market.Time.Advance(TimeSpan.FromDays(Random.Next(20))); break;
                case 1: market.Time.Advance(TimeSpan.FromHours(-1)); break;
                case 2: LoseSnapshot(); break;
                case 3 when level > 0: process.LoseOneActivation(); break;
                case 4 when level > 0: process.Faults.Outage(); break;
                case 5 when level > 1: market.Restart(process); break;
                case 7: await Glance(); break;
                case 6 when level > 1: market.End(process); break;
            }
        }
    }

    // A state that was written in one process is asked for in another, when what that one knows is just too old.
    private async Task Glance()
    {
        await market.Tell(market.Busy, new ChangeReferral(Random.Next(2) == 0 ? [] : ["vip"], null));
        market.Time.Advance(Moment.Recent + TimeSpan.FromTicks(1));
        await market.Tell(market.Busy, new SettleDue());
    }

    // Gone, or written by a program that folds otherwise: either way it is replayed.
    private void LoseSnapshot()
    {
        var streams = market.Database.Streams.Where(stream => stream.Snapshot is not null).ToList();
        if (streams.Count == 0) return;
        var stream = streams[Random.Next(streams.Count)];
        stream.Snapshot = Random.Next(2) == 0 ? null : stream.Snapshot! with { Fold = 99, State = JsonElement.Parse("{}") };
    }
}
