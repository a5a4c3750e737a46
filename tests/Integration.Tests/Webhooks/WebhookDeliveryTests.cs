using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Integration.Tests.Webhooks.World;
using ReferralGrains.Storage.Webhooks;
using ReferralGrains.Webhooks;
using StandardWebhooks;
using StandardWebhooks.Diagnostics;

namespace ReferralGrains.Integration.Tests.Webhooks;

/// <summary>Receivers are told of what the journal holds: nothing is missing, and no order is broken.</summary>
public sealed class WebhookDeliveryTests(PostgresServer server) : IAsyncLifetime
{
    private const string Other = "whsec_YW5vdGhlciBzZWNyZXQgb2YgdGhlIHRlc3QsIDMyIGI=";

    private WebhookHouse house = null!;
    private Receiver receiver = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        house = await WebhookHouse.Open(server);
        receiver = await Receiver.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await receiver.DisposeAsync();
        await house.DisposeAsync();
    }

    [Fact]
    public async Task What_happens_is_told_in_its_order_signed_and_once()
    {
        await house.World.Refer("before");
        await house.Gather();
        await using var process = await house.Deliver();
        await house.Add(receiver.Url);
        await house.World.Refer("anna");
        await house.World.Sell("anna", 5_000, "sale-1");
        await house.World.Refund("anna", "sale-1", 1_000, "refund-1");
        await house.World.Sell("anna", 0, "nothing");
        await receiver.Until(4);

        var came = receiver.All;
        Assert.Equal(["referral.created", "referral.approved", "reward.pending", "reward.clawed_back"], came.Select(static one => one.Type));
        Assert.Equal("anna", (string)came[0].Data["referee_id"]!);
        Assert.Equal((500, "sale-1", "rita", "rule1"), ((long)came[2].Data["amount_minor"]!, (string)came[2].Data["action_id"]!, (string)came[2].Data["referrer_id"]!, (string)came[2].Data["rule_id"]!));
        Assert.Equal((100, "refund-1", "pending"), ((long)came[3].Data["amount_minor"]!, (string)came[3].Data["by_action_id"]!, (string)came[3].Data["state"]!));
        foreach (var one in came) new StandardWebhook(WebhookHouse.Secret).Verify(one.Body, one.Headers);
        Assert.Throws<WebhookVerificationException>(() => new StandardWebhook(Other).Verify(came[0].Body, came[0].Headers));
        Assert.Throws<WebhookVerificationException>(() => new StandardWebhook(WebhookHouse.Secret).Verify(came[0].Body.Replace("anna", "hugo", StringComparison.Ordinal), came[0].Headers));
        Assert.Equal((await house.Events()).Select(static message => message.Id), receiver.Taken);
    }

    [Fact]
    public async Task A_receiver_that_dies_is_slow_and_refuses_misses_nothing_and_sees_no_order_broken()
    {
        var target = await house.Add(receiver.Url);
        await using var one = await house.Deliver();
        await using var two = await house.Deliver();
        var random = new Random(20_261_129);
        receiver.Answer = async (_, context) =>
        {
            if (random.Next(8) == 0) await Task.Delay(random.Next(60), context.RequestAborted);
            return random.Next(5) == 0 ? 500 : 204;
        };
        var selling = Task.Run(async () =>
        {
            foreach (var referee in (string[])["anna", "ben", "cem"]) await house.World.Refer(referee);
            for (var i = 0; i < 40; i++)
                foreach (var referee in (string[])["anna", "ben", "cem"]) await house.World.Sell(referee, 1_000 + i);
        }, Stop);
        foreach (var seen in (int[])[20, 60])
        {
            await receiver.Until(seen);
            await receiver.Down();
            await house.Until(target, "it is missed", static now => now.Attempts > 1);
            await receiver.Up();
        }

        await selling;
        await receiver.Until(126);
        Assert.Equal((await house.Events()).Select(static message => message.Id), receiver.Taken);
        Assert.Equal(126, receiver.Taken.Count);
        Assert.Equal(1, receiver.MostAtOnce);

        // What was refused was told again before anything after it.
        var order = receiver.Taken.Select(static (id, i) => (id, i)).ToDictionary(static pair => pair.id, static pair => pair.i);
        Assert.All(receiver.All.Where(static came => came.Status is not null).Pairs(), pair => Assert.True(order[pair.Second.Id] <= order[pair.First.Id] + 1));
    }

    [Fact]
    public async Task Two_processes_share_endpoints_and_a_slow_one_holds_none()
    {
        var others = new List<Receiver>();
        for (var i = 0; i < 4; i++) others.Add(await Receiver.Start());
        // It answers nothing before the others have all of it.
        receiver.Answer = static async (_, context) =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return 204;
        };
        var slow = await house.Add(receiver.Url);
        foreach (var other in others) await house.Add(other.Url, WebhookEventType.RewardPending);
        await house.World.Refer("anna");
        await using var one = await house.Deliver();
        await using var two = await house.Deliver();
        await house.Sell(30);
        foreach (var other in others) await other.Until(30);
        await Eventually.Holds("the slow one is still being told", () => Task.FromResult(receiver.MostAtOnce == 1));
        var rewards = (await house.Events()).Where(static message => message.Type == WebhookEventType.RewardPending).Select(static message => message.Id).ToList();
        Assert.All(others, other => Assert.Equal(rewards, other.All.Select(static came => came.Id)));
        Assert.All(others, static other => Assert.Equal(1, other.MostAtOnce));
        await house.Targets.Remove(house.World.Tenant, slow.Id, Stop);
        foreach (var other in others) await other.DisposeAsync();
    }

    [Fact]
    public async Task What_a_process_had_under_way_when_it_ended_another_tells_again()
    {
        var target = await house.Add(receiver.Url, WebhookEventType.RewardPending);
        await house.World.Refer("anna");
        await house.Sell(5);
        var hangs = true;
        receiver.Answer = async (number, context) =>
        {
            if (number == 2 && hangs) await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return 204;
        };
        await using (await house.Deliver()) await Eventually.Holds("the third is under way", () => Task.FromResult(receiver.All.Count == 3));

        Assert.Equal((await house.Events())[1].Position, (await house.Target(target)).Position);
        hangs = false;
        await using var other = await house.Deliver();
        await receiver.Until(5);
        Assert.Equal(receiver.All[2].Id, receiver.All[3].Id);
        Assert.Equal(5, receiver.Taken.Count);
    }

    [Fact]
    public async Task An_endpoint_whose_process_died_is_taken_over_when_its_term_is_over()
    {
        await house.Add(receiver.Url, WebhookEventType.RewardPending);
        await house.World.Refer("anna");
        await house.Sell(2);
        var dead = house.Offices.GetRequiredService<WebhookWork>();
        await house.Gather();
        var claim = Assert.Single(await dead.Claim(DateTimeOffset.MaxValue.AddYears(-1), TimeSpan.FromHours(1), failing: false, 10, Stop));
        Assert.Empty(await dead.Claim(DateTimeOffset.MaxValue.AddYears(-1), TimeSpan.FromHours(1), failing: false, 10, Stop));
        await house.Database.Ask<long>("update webhook_target set held_until = now() returning id");
        await using var other = await house.Deliver();
        await receiver.Until(2);

        // It wakes up, and moves nothing.
        var late = new WebhookProgress(0, 9, null, DateTimeOffset.UnixEpoch, WebhookState.Failed, "late", Keeps: false, []);
        Assert.Null(await dead.Save(claim, late, TimeSpan.FromSeconds(1), Stop));
        Assert.Equal(WebhookState.Enabled, (await house.Target(claim.Target)).State);
    }

    // Any machine may tell it next, and its clock may be right.
    [Fact]
    public async Task An_endpoint_is_not_put_off_by_as_much_as_a_machines_clock_is_wrong()
    {
        var machine = new MovedTime();
        machine.Move(TimeSpan.FromDays(400));
        await house.World.Refer("anna");
        var target = await house.Add(receiver.Url, WebhookEventType.RewardPending);
        receiver.Answer = static (_, _) => Task.FromResult(503);
        await house.Sell(1);
        await using (await house.Deliver(machine: machine)) await house.Until(target, "it has failed", static now => now.Attempts > 0);
        var failed = await house.Target(target);
        Assert.True(failed.NextAt < TimeProvider.System.GetUtcNow().AddHours(1), $"it is told again at {failed.NextAt:O}");
        Assert.True(failed.FailingSince <= TimeProvider.System.GetUtcNow(), $"it has failed since {failed.FailingSince:O}");
    }

    [Fact]
    public async Task It_is_tried_for_three_days_then_given_up_and_resumed_from_where_it_stood()
    {
        var time = new MovedTime();
        await house.World.Refer("anna");
        var target = await house.Add(receiver.Url, WebhookEventType.RewardPending);
        receiver.Answer = static (_, _) => Task.FromResult(503);
        await using var process = await house.Deliver(WebhookHouse.Quick with { Waits = WebhookOptions.Usual }, time);
        await house.Sell(2);
        var waited = TimeSpan.Zero;
        for (var attempt = 1; attempt <= WebhookOptions.Usual.Length; attempt++)
        {
            await house.Until(target, $"attempt {attempt} has failed", now => now.Attempts == attempt);
            var wait = (await house.Target(target)).NextAt - time.GetUtcNow();
            Assert.InRange(wait, WebhookOptions.Usual[attempt - 1] - TimeSpan.FromSeconds(5), WebhookOptions.Usual[attempt - 1]);
            time.Move(wait);
            waited += wait;
        }

        Assert.InRange(waited, TimeSpan.FromHours(70), TimeSpan.FromHours(73));
        await house.Until(target, "it is given up", static now => now.State == WebhookState.Failed);
        Assert.Equal(("status_503", WebhookOptions.Usual.Length + 1), ((await house.Target(target)).Why, receiver.All.Count));
        Assert.Single(receiver.All.Select(static came => came.Id).Distinct());

        receiver.Answer = static (_, _) => Task.FromResult(204);
        await house.Sell(1);
        await house.Targets.Resume(house.World.Tenant, target.Id, fromNow: false, Stop);
        await receiver.Until(3);
        Assert.Equal((await house.Events()).Where(static message => message.Type == WebhookEventType.RewardPending).Select(static message => message.Id), receiver.Taken);
        Assert.Equal((WebhookState.Enabled, null, 0), await Eventually(target));

        async Task<(WebhookState, string?, int)> Eventually(WebhookTarget of)
        {
            await house.Until(of, "it is well", static now => now.Attempts == 0);
            var now = await house.Target(of);
            return (now.State, now.Why, now.Attempts);
        }
    }

    [Fact]
    public async Task Who_switches_it_off_is_heeded_and_what_happens_meanwhile_waits()
    {
        var target = await house.Add(receiver.Url, WebhookEventType.RewardPending);
        await house.World.Refer("anna");
        await using var process = await house.Deliver();
        await house.Sell(1);
        await receiver.Until(1);
        await house.Targets.Change(house.World.Tenant, target.Id, new(null, null, null, Enabled: false), Stop);
        await house.Sell(2);
        await Eventually.Holds("they are gathered", async () => (await house.Events()).Count == 3);
        Assert.Single(receiver.Taken);
        await house.Targets.Change(house.World.Tenant, target.Id, new(null, null, null, Enabled: true), Stop);
        await receiver.Until(3);

        // Or it is left out.
        await house.Targets.Change(house.World.Tenant, target.Id, new(null, null, null, Enabled: false), Stop);
        await house.Sell(1);
        await Eventually.Holds("it is gathered", async () => (await house.Events()).Count == 4);
        await house.Targets.Resume(house.World.Tenant, target.Id, fromNow: true, Stop);
        await house.Sell(1);
        await receiver.Until(4);
        Assert.Equal((await house.Events())[4].Id, receiver.Taken[^1]);
    }

    [Fact]
    public async Task How_an_endpoint_does_is_counted_what_it_took_what_not_and_what_waits_since_when()
    {
        var target = await house.Add(receiver.Url, WebhookEventType.RewardPending);
        var another = await house.Add(receiver.Url, WebhookEventType.ReferralCreated);
        await house.Targets.Change(house.World.Tenant, another.Id, new(null, null, null, Enabled: false), Stop);
        await house.World.Refer("anna");
        await house.Sell(3);
        await house.Gather();
        receiver.Answer = static (number, _) => Task.FromResult(number == 1 ? 500 : 204);
        await using (await house.Deliver())
        {
            await receiver.Until(3);
            await Eventually.Holds("all is noted", async () => await house.Targets.Figures(target, DateTimeOffset.UnixEpoch, Stop) is { Taken: 3, Waiting: 0 });
        }

        await house.Sell(2);
        await house.Gather();
        var oldest = await house.Database.Ask<DateTime>("select told_at from webhook_event order by id desc offset 1 limit 1");
        var tested = new WebhookDelivery(0, "evt_0_1_0", WebhookEventType.Test, WebhookCause.Test, 1, TimeProvider.System.GetUtcNow(), TimeSpan.Zero, 200, null);
        await house.Targets.Note(target, tested, Stop);
        var hour = TimeProvider.System.GetUtcNow().AddHours(-1);
        Assert.Equal(new(3, 1, 2, new DateTimeOffset(oldest)), await house.Targets.Figures(target, hour, Stop));
        var (later, off) = (await house.Targets.Figures(target, hour.AddHours(2), Stop), await house.Targets.Figures(another, hour, Stop));
        Assert.Equal((0L, 0L, 2L), (later.Taken, later.Failed, later.Waiting));
        Assert.Equal((0L, 0L, 1L), (off.Taken, off.Failed, off.Waiting));
    }

    [Fact]
    public async Task Who_says_that_it_is_gone_is_told_nothing_more_and_nobody_is_followed()
    {
        await house.World.Refer("anna");
        var target = await house.Add(receiver.Url);
        receiver.Answer = static (number, context) =>
        {
            context.Response.Headers.Location = "/elsewhere";
            return Task.FromResult(number == 0 ? 307 : 410);
        };
        await using var process = await house.Deliver();
        await house.Sell(2);
        await house.Until(target, "it is gone", static now => now.State == WebhookState.Gone);
        Assert.Equal([307, 410], receiver.All.Select(static came => came.Status!.Value));
        Assert.All(receiver.All, static came => Assert.Equal("/hooks", came.Path));
        var deliveries = (await house.Targets.Deliveries(house.World.Tenant, target.Id, null, 10, Stop)).Items;
        Assert.Equal([("gone", 2), ("redirected", 1)], deliveries.Select(static one => (one.Failure!, one.Attempt)));
    }

    [Fact]
    public async Task A_receiver_that_asks_for_time_gets_it()
    {
        await house.World.Refer("anna");
        var target = await house.Add(receiver.Url);
        receiver.Answer = static (_, context) =>
        {
            context.Response.Headers.RetryAfter = 3_600.ToString(CultureInfo.InvariantCulture);
            return Task.FromResult(429);
        };
        await using var process = await house.Deliver(WebhookHouse.Quick with { Waits = WebhookOptions.Usual });
        await house.Sell(1);
        await house.Until(target, "it has failed", static now => now.Attempts == 1);
        Assert.InRange((await house.Target(target)).NextAt - TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(58), TimeSpan.FromMinutes(61));
    }

    // The answer to the first one was lost, and with it a secret that nobody has.
    [Fact]
    public async Task A_secret_that_is_rotated_twice_goes_on_signing_as_long_as_was_said_at_first()
    {
        const string Lost = "whsec_bG9zdCBvbiBpdHMgd2F5IHRvIHRoZSBjYWxsZXIsIDEgYg==";
        await house.World.Refer("anna");
        var target = await house.Add(receiver.Url, WebhookEventType.RewardPending);
        var now = TimeProvider.System.GetUtcNow();
        await house.Targets.Rotate(house.World.Tenant, target.Id, Lost, now + TimeSpan.FromHours(24), Stop);
        var rotated = (await house.Targets.Rotate(house.World.Tenant, target.Id, Other, now + TimeSpan.FromHours(48), Stop))!;
        Assert.Equal([WebhookHouse.Secret, Lost, Other], rotated.Secrets(now));
        Assert.Equal([Lost, Other], rotated.Secrets(now + TimeSpan.FromHours(25)));
        await using var process = await house.Deliver();
        await house.Sell(1);
        await receiver.Until(1);
        new StandardWebhook(WebhookHouse.Secret).Verify(receiver.All[0].Body, receiver.All[0].Headers);

        // Whoever keeps nothing ends all that came before.
        var ended = (await house.Targets.Rotate(house.World.Tenant, target.Id, WebhookHouse.Secret, now, Stop))!;
        Assert.Equal([WebhookHouse.Secret], ended.Secrets(now));
        Assert.Null(ended.RotatesUntil(now));
    }

    // Whoever ends a secret that others know cannot wait until a process that is telling has told all.
    [Fact]
    public async Task What_is_changed_while_an_endpoint_is_told_holds_from_the_next_event_on()
    {
        var (asked, goes) = (new TaskCompletionSource(), new TaskCompletionSource());
        var target = await house.Add(receiver.Url, WebhookEventType.RewardPending, WebhookEventType.RewardClawedBack);
        await house.World.Refer("anna");
        receiver.Answer = async (number, _) =>
        {
            if (number > 0) return 204;
            asked.TrySetResult();
            await goes.Task;
            return 204;
        };
        await house.World.Sell("anna", 1_000, "sale-1");
        await house.World.Refund("anna", "sale-1", 1_000, "refund-1");
        await house.World.Sell("anna", 1_000, "sale-2");
        await house.Gather();
        await using var process = await house.Deliver();
        await asked.Task.WaitAsync(Eventually.Patience, Stop);

        await house.Targets.Rotate(house.World.Tenant, target.Id, Other, TimeProvider.System.GetUtcNow(), Stop);
        await house.Targets.Change(house.World.Tenant, target.Id, new(null, null, [WebhookEventType.RewardPending], null), Stop);
        goes.SetResult();
        await receiver.Until(2);
        Assert.Equal(["sale-1", "sale-2"], receiver.All.Select(static came => (string)came.Data["action_id"]!));
        new StandardWebhook(Other).Verify(receiver.All[1].Body, receiver.All[1].Headers);
    }

    [Fact]
    public async Task An_attempt_that_was_under_way_does_not_undo_what_a_person_said_meanwhile()
    {
        var (asked, goes) = (new TaskCompletionSource(), new TaskCompletionSource());
        var target = await house.Add(receiver.Url, WebhookEventType.RewardPending);
        await house.World.Refer("anna");
        receiver.Answer = async (_, _) =>
        {
            asked.TrySetResult();
            await goes.Task;
            return 503;
        };
        await using var process = await house.Deliver(WebhookHouse.Quick with { Waits = [TimeSpan.FromHours(8)] });
        await house.Sell(1);
        await asked.Task.WaitAsync(Eventually.Patience, Stop);

        await using var other = await Receiver.Start();
        await house.Targets.Change(house.World.Tenant, target.Id, new(other.Url, null, null, null), Stop);
        goes.SetResult();
        await other.Until(1);
        Assert.Equal(0, (await house.Target(target)).Attempts);
    }

    [Fact]
    public async Task While_a_secret_is_rotated_both_sign_and_then_only_the_new_one()
    {
        var time = new MovedTime();
        await house.World.Refer("anna");
        var target = await house.Add(receiver.Url, WebhookEventType.RewardPending);
        await house.Targets.Rotate(house.World.Tenant, target.Id, Other, time.GetUtcNow() + TimeSpan.FromHours(1), Stop);
        await using var process = await house.Deliver(time: time);
        await house.Sell(1);
        await receiver.Until(1);
        var both = receiver.All[0].Headers["webhook-signature"].ToString().Split(' ');
        Assert.Equal(2, both.Length);
        foreach (var (secret, signed) in (ReadOnlySpan<(string, string)>)[(WebhookHouse.Secret, both[0]), (Other, both[1])])
        {
            receiver.All[0].Headers["webhook-signature"] = signed; // Its verifier looks at the first alone.
            new StandardWebhook(secret).Verify(receiver.All[0].Body, receiver.All[0].Headers);
        }

        time.Move(TimeSpan.FromHours(2));
        await house.Sell(1);
        await receiver.Until(2);
        var signature = receiver.All[1].Headers["webhook-signature"].ToString();
        Assert.DoesNotContain(' ', signature);
        var sent = DateTimeOffset.FromUnixTimeSeconds(long.Parse(receiver.All[1].Headers["webhook-timestamp"].ToString(), CultureInfo.InvariantCulture));
        Assert.Equal(new StandardWebhook(Other).Sign(receiver.All[1].Id, sent, receiver.All[1].Body), signature);
    }

    [Fact]
    public async Task A_flag_is_told_in_its_turn_and_what_was_made_up_as_well()
    {
        await house.World.Refer("anna");
        await house.Gather();
        await using var process = await house.Deliver();
        await house.Add(receiver.Url);
        var stream = (await house.World.Stream("anna")).Value;
        await house.Database.Run($"insert into flag (stream, kind, tenant, state, reason, opened_at) values ({stream}, 1, {house.World.Tenant}, 1, 'same_id', now())");
        await house.Database.Run($"update flag set state = 3, resolved_at = now(), resolved_by = 'ada' where stream = {stream}");
        var made = await house.Feed.MakeUp(house.World.Tenant, WebhookEventType.PayoutItemPaid, TimeProvider.System.GetUtcNow(), Stop);
        await receiver.Until(3);
        Assert.Equal(["flag.raised", "flag.confirmed", "payout_item.paid"], receiver.All.Select(static came => came.Type));
        Assert.Equal(("self_referral", "anna", $"flag_{stream}_1"), ((string)receiver.All[0].Data["kind"]!, (string)receiver.All[0].Data["referee_id"]!, (string)receiver.All[0].Data["flag_id"]!));
        Assert.Equal(made, receiver.All[2].Id);
        var found = await house.Feed.Find(house.World.Tenant, WebhookEventName.Parse(made)!.Value, Stop);
        Assert.Equal(receiver.All[2].Body, Encoding.UTF8.GetString(found!.Body.Span));
    }

    // As of a newer version, while one is being brought in: every older process in turn would meet it, and none may end for it.
    [Fact]
    public async Task A_row_that_cannot_be_read_holds_up_what_comes_after_it_and_neither_what_was_gathered_nor_the_process()
    {
        await house.World.Refer("anna");
        await house.Add(receiver.Url, WebhookEventType.RewardPending);
        await house.Sell(1);
        await house.Gather();
        await house.Sell(1);
        var last = $"stream = {(await house.World.Stream("anna")).Value} and seq = {(await house.World.RowsOf("anna"))[^1].Seq}";
        var version = await house.Database.Ask<short>($"select version from event where {last}");
        await Write(99);
        await using var process = await house.Deliver();
        await receiver.Until(1);
        await Write(version);
        await house.Sell(1);
        await receiver.Until(3);
        Assert.Equal((await house.Events()).Select(static message => message.Id), receiver.Taken);

        Task Write(short written) =>
            house.Database.Run($"alter table event disable trigger user; update event set version = {written} where {last}; alter table event enable trigger user");
    }

    // A deadlock with a migration, or a standby that has not taken over yet: whoever works beside the requests waits, and the process goes on.
    [Theory]
    [InlineData("40P01")]
    [InlineData("40001")]
    [InlineData("55P03")]
    [InlineData("55000")]
    [InlineData("25006")]
    public async Task What_the_database_gives_up_for_now_is_an_outage(string state)
    {
        await house.Database.Run($"create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not now' using errcode = '{state}'; end $$");
        await house.Database.Run("create trigger refuse before update on webhook_progress for each statement execute function refuse()");
        await house.World.Refer("anna");
        var work = house.Offices.GetRequiredService<WebhookWork>();
        await Assert.ThrowsAsync<Storage.Journal.JournalUnavailableException>(() => work.Gather(Stop));
        await house.Database.Run("drop trigger refuse on webhook_progress");
        Assert.Null(await work.Gather(Stop));
    }

    [Fact]
    public async Task A_commit_that_is_seen_late_is_not_passed_over()
    {
        await house.Add(receiver.Url);
        await house.World.Refer("anna");
        await house.Gather();

        // A transaction that began earlier and ends later: what comes after it waits. Nobody else gathers here, so a look is a look.
        await using var connection = await house.Database.Superuser.OpenConnectionAsync(Stop);
        await using var open = await connection.BeginTransactionAsync(Stop);
        await using (var write = connection.CreateCommand())
        {
            write.CommandText = $"insert into webhook_told (tenant, type, at, data) values ({house.World.Tenant}, 20, now(), '{{}}')";
            await write.ExecuteNonQueryAsync(Stop);
        }

        await house.Sell(3);
        await house.Offices.GetRequiredService<WebhookWork>().Gather(Stop);
        Assert.Equal(2, (await house.Events()).Count);
        await open.CommitAsync(Stop);
        await house.Gather();
        await using var process = await house.Deliver();
        await receiver.Until(6);
        Assert.Equal(
            ["referral.created", "referral.approved", "referrer.created", "reward.pending", "reward.pending", "reward.pending"],
            receiver.All.DistinctBy(static came => came.Id).Select(static came => came.Type));
    }

    [Fact]
    public async Task What_is_old_is_forgotten_unless_somebody_still_waits_for_it()
    {
        await house.World.Refer("anna");
        var (gone, waits) = (await house.Add(receiver.Url), await house.Add("http://127.0.0.1:1/nobody"));
        var work = house.Offices.GetRequiredService<WebhookWork>();
        await house.Sell(2);
        await house.Gather();
        await house.Targets.Change(house.World.Tenant, gone.Id, new(null, null, null, Enabled: false), Stop);
        await work.Forget(TimeProvider.System.GetUtcNow().AddDays(1), Stop);
        Assert.Equal(4L, await house.Database.Ask<long>("select count(*) from webhook_event"));
        await house.Targets.Change(house.World.Tenant, waits.Id, new(null, null, null, Enabled: false), Stop);
        await work.Forget(TimeProvider.System.GetUtcNow().AddDays(1), Stop);
        Assert.Equal(0L, await house.Database.Ask<long>("select count(*) from webhook_event"));
    }

    // Of a busy tenant's month a million events go at once: no statement may hold all of them.
    [Fact]
    public async Task However_much_is_old_it_is_forgotten_in_portions_and_what_waits_or_is_new_stays()
    {
        await house.World.Refer("anna");
        await house.Add("http://127.0.0.1:1/nobody");
        await house.Gather();
        await house.Database.Run(
            """
            insert into webhook_event (id, tenant, stream, seq, n, type, at, told_at)
              select 1000 + i, 7, 1, i, 0, 20, now(), case when i <= 12000 then now() - interval '40 days' else now() end from generate_series(1, 12010) i;
            insert into webhook_delivery (tenant, target, event, type, cause, attempt, at, milliseconds)
              select 7, 1, 'evt_1_1_0', 20, 1, 1, case when i <= 12000 then now() - interval '40 days' else now() end, 1 from generate_series(1, 12010) i;
            update webhook_event set told_at = now() - interval '40 days' where tenant <> 7;
            create table portion (of text, size bigint);
            create function count_portion() returns trigger language plpgsql security definer as
              $$ begin insert into portion select tg_table_name, count(*) from gone; return null; end $$;
            create trigger portions after delete on webhook_event referencing old table as gone for each statement execute function count_portion();
            create trigger portions after delete on webhook_delivery referencing old table as gone for each statement execute function count_portion();
            """);
        await house.Offices.GetRequiredService<WebhookWork>().Forget(TimeProvider.System.GetUtcNow().AddDays(-30), Stop);
        Assert.Equal("2 waiting, 10 new, 10 attempts", await house.Database.Ask<string>(
            "select count(*) filter (where tenant <> 7) || ' waiting, ' || count(*) filter (where tenant = 7) || ' new, ' || (select count(*) from webhook_delivery) || ' attempts' from webhook_event"));
        Assert.InRange(await house.Database.Ask<long>("select max(size) from portion"), 1, 5_000);
    }
}

internal static class Neighbours
{
    public static IEnumerable<(T First, T Second)> Pairs<T>(this IEnumerable<T> all)
    {
        var list = all.ToList();
        return list.Zip(list.Skip(1));
    }
}
