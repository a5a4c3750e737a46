using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Storage.Webhooks;
using ReferralGrains.Webhooks;

namespace ReferralGrains.Integration.Tests.Webhooks.World;

/// <summary>A real journal with a program of 10 %, held for 30 days, and any number of processes that tell of it.</summary>
internal sealed class WebhookHouse : IAsyncDisposable
{
    public const string Secret = "whsec_dGhlIHNlY3JldCBvZiBhIHRlc3QsIDMyIGJ5dGVzISE=";

    public static readonly WebhookOptions Quick = new()
    {
        Networks = [IPNetwork.Parse("127.0.0.0/8")],
        Waits = [.. Enumerable.Repeat(TimeSpan.FromMilliseconds(30), 1_000)],
        Timeout = TimeSpan.FromMinutes(1),
        Pause = TimeSpan.FromMilliseconds(10),
        IdlePause = TimeSpan.FromMilliseconds(10),
        Unsaved = TimeSpan.Zero,
    };

    private readonly List<ServiceProvider> processes = [];

    private WebhookHouse(JournalDatabase database, JournalWorld world)
    {
        (Database, World) = (database, world);
        Offices = Services(Quick, TimeProvider.System, StillLease.First);
    }

    public JournalDatabase Database { get; }

    public JournalWorld World { get; }

    /// <summary>What the gateway has of webhooks.</summary>
    public ServiceProvider Offices { get; }

    public IWebhookTargets Targets => Offices.GetRequiredService<IWebhookTargets>();

    public IWebhookFeed Feed => Offices.GetRequiredService<IWebhookFeed>();

    public static async Task<WebhookHouse> Open(PostgresServer server)
    {
        var database = await JournalDatabase.Create(server);
        var house = new WebhookHouse(database, await JournalWorld.Create(database, "shop", Terms.Percent(1_000, Terms.Days(30))));
        await house.Gather();
        return house;
    }

    /// <summary>Looks through all that is in the journal; open transactions of other tests on this server hold it up until they end.</summary>
    public Task Gather() => Eventually.Holds("all was looked through", async () =>
    {
        await Offices.GetRequiredService<WebhookWork>().Gather(CancellationToken.None);
        return await Database.Ask<bool>("select (p.xid, p.commit_id) >= (c.xid, c.id) from webhook_progress p, (select xid, id from commit order by xid desc, id desc limit 1) c");
    });

    public async Task<WebhookTarget> Add(string url, params WebhookEventType[] events) =>
        (await Targets.Add(World.Tenant, url, null, [.. events], Secret, null, 100, CancellationToken.None))!.Value.Target;

    public async Task<WebhookTarget> Target(WebhookTarget target) => (await Targets.Find(World.Tenant, target.Id, CancellationToken.None))!;

    public Task Until(WebhookTarget target, string what, Func<WebhookTarget, bool> holds) => Eventually.Holds(what, async () => holds(await Target(target)));

    /// <summary>All that there is to tell, in its order.</summary>
    public async Task<IReadOnlyList<WebhookMessage>> Events()
    {
        var all = new List<WebhookMessage>();
        while (await Feed.Page(World.Tenant, all.Count == 0 ? null : WebhookEventName.Parse(all[^1].Id), latest: false, 100, CancellationToken.None) is { } page)
        {
            all.AddRange(page.Items);
            if (!page.HasMore) break;
        }

        return all;
    }

    /// <summary>A process that delivers, until it is disposed of.</summary>
    /// <param name="machine">The clock of the machine that it runs on, where that is not the time.</param>
    public async Task<IAsyncDisposable> Deliver(WebhookOptions? options = null, TimeProvider? time = null, TimeProvider? machine = null)
    {
        var silo = await Database.Ask<long>("insert into silo (name, role, connections, seen_at) values ('more', 'test', 'referralgrains-' || gen_random_uuid(), 'infinity') returning id");
        var services = Services(options ?? Quick, time ?? TimeProvider.System, silo, machine);
        var service = services.GetServices<IHostedService>().Single();
        await service.StartAsync(CancellationToken.None);
        return new Running(service, services);
    }

    public async Task Sell(int count, string referee = "anna")
    {
        for (var i = 0; i < count; i++) await World.Sell(referee, 1_000 + i);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes) await process.DisposeAsync();
        await World.DisposeAsync();
        await Database.DisposeAsync();
    }

    public ServiceProvider Services(WebhookOptions options, TimeProvider time, long silo, TimeProvider? machine = null)
    {
        var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(machine ?? time)
            .AddSingleton(Database.Source)
            .AddSingleton<ISiloLease>(new StillLease(silo, time))
            .AddSingleton<IFacts, PostgresFacts>()
            .AddWebhooks(options)
            .AddWebhookDelivery()
            .BuildServiceProvider();
        processes.Add(services);
        return services;
    }

    private sealed class Running(IHostedService service, ServiceProvider services) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await service.StopAsync(CancellationToken.None);
            await services.DisposeAsync();
        }
    }
}

/// <summary>The real time, from which the wall clock can be moved on.</summary>
internal sealed class MovedTime : TimeProvider
{
    private long ticks;

    public void Move(TimeSpan by) => Interlocked.Add(ref ticks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Interlocked.Read(ref ticks));
}
