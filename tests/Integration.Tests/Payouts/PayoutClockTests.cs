using System.Collections.Concurrent;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Integration.Tests.Payouts.World;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Integration.Tests.Webhooks.World;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Integration.Tests.Payouts;

/// <summary>What is waited for while money is sent goes by the time of all processes: any may take over an item from any other.</summary>
public sealed class PayoutClockTests(PostgresServer server) : PayoutHouseTests(server)
{
    [Theory]
    [InlineData(400 * 24 * 60)]
    [InlineData(70)]
    public async Task A_machine_whose_clock_is_ahead_puts_no_item_off_and_knows_of_no_transfer_sooner(int minutes)
    {
        var machine = new MovedTime();
        machine.Move(TimeSpan.FromMinutes(minutes));
        await house.DisposeAsync();
        house = await PayoutHouse.Open(database.Source, standin, machine);
        var order = await house.Order("a", 1_000);
        await database.Run($"insert into send_gate (tenant, term, life) values ({PayoutHouse.Tenant}, 'term', life())");
        var began = (await house.Ask(order, new PayoutItemCommand.BeginSend(1, "term"))).Item;
        Assert.True(began.LastSentAt <= TimeProvider.System.GetUtcNow(), $"it was sent at {began.LastSentAt:O}");

        // Only after two empty look-ups, each long after the last sending, it is sent under another key.
        await house.Ask(order, new PayoutItemCommand.RecordAnswer(1, 1, new TransferAnswer.Broken(IsReplayed: true), 0));
        var asked = new ConcurrentQueue<(DateTimeOffset At, DateTimeOffset Told)>();
        house.BeforeAsk = command =>
        {
            if (command is AskPayoutItem { Command: PayoutItemCommand.RecordLookup lookup }) asked.Enqueue((lookup.AskedAt, TimeProvider.System.GetUtcNow()));
            return Task.CompletedTask;
        };
        await using var running = await house.Run();
        await house.Until(order, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
        Assert.NotEmpty(asked);
        Assert.All(asked, static one => Assert.True(one.At <= one.Told, $"Stripe was asked at {one.At:O}, which was told at {one.Told:O}"));
        Assert.Equal((2, 1), ((await house.Item(order)).Generation, house.Live(order)));
    }
}
