using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;

namespace ReferralGrains.Domain.Tests.Payouts;

/// <summary>The protocol of one payout item: each answer that Stripe may give, and what follows from it.</summary>
public sealed class PayoutItemTests
{
    private static readonly PayoutOrder order = new("item_1", new(7), new(9), new(1_470, Asset.Cash("USD")), "acct_1");
    private static readonly TransferSeen transfer = new("tr_1", 1_470, "usd", "acct_1", "item_1");
    private static readonly TransferSeen back = new("trr_1", 470, "usd", "tr_1", "back");
    private static readonly TimeSpan minute = TimeSpan.FromMinutes(1);

    private readonly Desk desk = new();

    public static TheoryData<TransferAnswer, PayoutItemStatus, PayoutStep> AnswersToTheFirstSending => new()
    {
        { new TransferAnswer.Made(transfer), PayoutItemStatus.Succeeded, PayoutStep.None },
        { new TransferAnswer.Made(transfer with { Amount = 1 }), PayoutItemStatus.Review, PayoutStep.None },
        { new TransferAnswer.Made(transfer with { Currency = "eur" }), PayoutItemStatus.Review, PayoutStep.None },
        { new TransferAnswer.Made(transfer with { Destination = "acct_2" }), PayoutItemStatus.Review, PayoutStep.None },
        { new TransferAnswer.Made(transfer with { Item = null }), PayoutItemStatus.Review, PayoutStep.None },
        { new TransferAnswer.Unknown("time-out"), PayoutItemStatus.Unsettled, PayoutStep.Send },
        { new TransferAnswer.KeyInUse(), PayoutItemStatus.Unsettled, PayoutStep.Send },
        { new TransferAnswer.TooMany(), PayoutItemStatus.Unsettled, PayoutStep.Send },
        { new TransferAnswer.Broken(IsReplayed: false), PayoutItemStatus.Unsettled, PayoutStep.Send },
        { new TransferAnswer.Broken(IsReplayed: true), PayoutItemStatus.LookingUp, PayoutStep.LookUp },
        { new TransferAnswer.KeyMismatch(), PayoutItemStatus.Review, PayoutStep.None },
        { new TransferAnswer.Refused("account_closed"), PayoutItemStatus.Released, PayoutStep.None },
        { new TransferAnswer.FundsShort(), PayoutItemStatus.AwaitingFunds, PayoutStep.None },
        { new TransferAnswer.AccessRefused("more_permissions_required"), PayoutItemStatus.Unsettled, PayoutStep.Send },
    };

    [Fact]
    public void Paid_outside_under_a_reference_it_is_paid_once()
    {
        var outside = new PayoutReserved(order with { Destination = PayoutOrder.Outside });
        var item = PayoutItem.Evolve(PayoutItem.None, default, outside);
        Assert.IsType<PayoutItemDecision.Refused>(PayoutItemDecider.Decide(item, new PayoutItemCommand.WriteIntent("test", 1, "v"), default, PayoutWaits.Live));
        var paid = Assert.IsType<PayoutItemDecision.Accepted>(PayoutItemDecider.Decide(item, new PayoutItemCommand.ConfirmPaid("r1", "ada"), default, PayoutWaits.Live));
        Assert.Equal((AccountKind.InTransit, AccountKind.Paid), item.Movement(paid.Events[0]) is { } moved ? (moved.From.Kind, moved.To.Kind) : default);
        item = PayoutItem.Evolve(item, default, paid.Events[0]);
        Assert.True(item.IsSettled);
        Assert.IsType<PayoutItemDecision.Unchanged>(PayoutItemDecider.Decide(item, new PayoutItemCommand.ConfirmPaid("r1", "ada"), default, PayoutWaits.Live));
        Assert.Equal(
            new PayoutItemDecision.Refused(PayoutItemRefusal.OtherReference),
            PayoutItemDecider.Decide(item, new PayoutItemCommand.ConfirmPaid("r2", "ada"), default, PayoutWaits.Live));

        // What is to go to an account is not.
        var account = PayoutItem.Evolve(PayoutItem.None, default, new PayoutReserved(order));
        Assert.Equal(
            new PayoutItemDecision.Refused(PayoutItemRefusal.WrongState),
            PayoutItemDecider.Decide(account, new PayoutItemCommand.ConfirmPaid("r1", "ada"), default, PayoutWaits.Live));
    }

    [Fact]
    public void S1_account_credit_is_paid_as_money_is_and_not_asked_back()
    {
        var (credit, now) = (order with { Amount = new(1_470, Asset.Credit("USD")), Destination = "cus_1" }, new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));
        var seen = new TransferSeen("cbtxn_1", 1_470, "usd", "cus_1", "item_1");
        Assert.True(credit.IsMetBy(seen));
        Assert.All([seen with { Amount = -1_470 }, seen with { Destination = "cus_2" }, seen with { Item = null }], other => Assert.False(credit.IsMetBy(other)));
        var item = PayoutItem.Evolve(PayoutItem.None, now, new PayoutReserved(credit));
        Do(new PayoutItemCommand.WriteIntent("test", 1, "v"));
        Do(new PayoutItemCommand.BeginSend(1));
        Do(new PayoutItemCommand.RecordAnswer(1, 1, new TransferAnswer.Broken(IsReplayed: true), 0));

        // A deleted customer's balance tells nothing any more: a person decides, and the amount stays where it is until then.
        var gone = PayoutItemDecider.Decide(item, new PayoutItemCommand.RecordLookup(1, new([], IsGone: true), now), now, PayoutWaits.Live);
        Assert.Equal(new PayoutToReview(ReviewReason.CustomerGone, "cus_1"), Assert.Single(Assert.IsType<PayoutItemDecision.Accepted>(gone).Events));

        var paid = Do(new PayoutItemCommand.RecordLookup(1, new([seen]), now));
        Assert.Equal(new(new(credit.Referrer, AccountKind.InTransit), new(credit.Referrer, AccountKind.Paid), credit.Amount), paid.Movement);
        Assert.Equal((PayoutItemStatus.Succeeded, "cbtxn_1"), (item.Status, item.Transfer));
        Assert.Equal(
            new PayoutItemDecision.Refused(PayoutItemRefusal.NotReversible),
            PayoutItemDecider.Decide(item, new PayoutItemCommand.Reverse("back", 470, "why", "ada"), now, PayoutWaits.Live));

        (PayoutItemEvent Event, Posting? Movement) Do(PayoutItemCommand command)
        {
            var e = Assert.Single(Assert.IsType<PayoutItemDecision.Accepted>(PayoutItemDecider.Decide(item, command, now, PayoutWaits.Live)).Events);
            var movement = item.Movement(e);
            item = PayoutItem.Evolve(item, now, e);
            return (e, movement);
        }
    }

    [Theory]
    [MemberData(nameof(AnswersToTheFirstSending))]
    public void Each_answer_has_one_consequence(TransferAnswer answer, PayoutItemStatus status, PayoutStep next)
    {
        desk.Send(answer);
        Assert.Equal((status, next), (desk.Item.Status, desk.Item.Next));
        Assert.Equal(status is not (PayoutItemStatus.Succeeded or PayoutItemStatus.Released), desk.Item.InTransit);
        desk.AssertBalanced();
    }

    [Fact]
    public void The_same_bytes_go_again_under_the_same_key()
    {
        desk.Send(new TransferAnswer.Unknown("reset"));
        var intent = desk.Item.Intent!;
        desk.Send(new TransferAnswer.Broken(false));
        desk.Send(new TransferAnswer.Made(transfer));
        Assert.Equal((intent, 3), (desk.Item.Intent!, desk.Item.Attempt));
        Assert.Equal(new TransferMade(1, "tr_1", ByLookup: false), desk.Events[^1]);
    }

    [Fact]
    public void It_waits_longer_each_time_and_never_all_at_once()
    {
        var waits = new PayoutWaits { Retry = TimeSpan.FromSeconds(2), MostRetry = TimeSpan.FromSeconds(10) };
        Assert.Equal([1, 2, 4, 5, 5], Enumerable.Range(1, 5).Select(attempt => (int)waits.RetryAfter(attempt, 0).TotalSeconds));
        Assert.Equal(TimeSpan.FromSeconds(2 - 0.001), waits.RetryAfter(1, 999));
        desk.Send(new TransferAnswer.TooMany());
        desk.Refused(new PayoutItemCommand.BeginSend(1), PayoutItemRefusal.TooEarly);
    }

    [Fact]
    public void A_refusal_after_a_sending_in_doubt_is_looked_up_and_frees_nothing()
    {
        desk.Send(new TransferAnswer.Unknown("time-out"));
        desk.Send(new TransferAnswer.Refused("account_closed"));
        Assert.Equal(new LookupOpened(1, LookupReason.RefusedInDoubt), desk.Events[^1]);
        Assert.True(desk.Item.InTransit);
    }

    [Fact]
    public void A_refusal_after_one_that_was_certainly_not_run_releases()
    {
        desk.Send(new TransferAnswer.TooMany());
        desk.Send(new TransferAnswer.Refused("account_closed"));
        Assert.Equal(PayoutItemStatus.Released, desk.Item.Status);
    }

    [Fact]
    public void A_released_generation_can_never_be_sent_again()
    {
        desk.Send(new TransferAnswer.Refused("account_closed"));
        desk.Refused(new PayoutItemCommand.BeginSend(1), PayoutItemRefusal.WrongState);
        desk.Do(new PayoutItemCommand.Reserve(order, IsRetry: true));
        desk.Refused(new PayoutItemCommand.BeginSend(1), PayoutItemRefusal.WrongState);
        desk.Write();
        desk.Refused(new PayoutItemCommand.BeginSend(1), PayoutItemRefusal.OtherGeneration);
        Assert.Equal(2, desk.Item.Generation);
    }

    [Fact]
    public void A_batch_that_asks_again_after_a_crash_does_not_reserve_what_was_released_since()
    {
        desk.Send(new TransferAnswer.Refused("account_closed"));
        desk.Unchanged(new PayoutItemCommand.Reserve(order));
        desk.Refused(new PayoutItemCommand.Reserve(order with { Destination = "acct_2" }), PayoutItemRefusal.OtherOrder);
    }

    [Theory]
    [InlineData("ada", false, true)]
    [InlineData(null, true, true)]
    [InlineData(null, false, false)]
    public void What_was_given_up_is_paid_by_no_retry_and_what_was_released_by_itself_is(string? by, bool isDropped, bool isGivenUp)
    {
        desk.Do(new PayoutItemCommand.Release("fraud suspected", by, isDropped));
        Assert.Equal(isGivenUp, desk.Item.IsGivenUp);
        var again = new PayoutItemCommand.Reserve(order, IsRetry: true);
        if (isGivenUp) desk.Unchanged(again);
        else desk.Do(again);
        Assert.Equal((isGivenUp ? PayoutItemStatus.Released : PayoutItemStatus.Reserved, isGivenUp), (desk.Item.Status, desk.Item.IsGivenUp));
        desk.AssertBalanced();
    }

    [Fact]
    public void What_has_failed_can_be_given_up_as_well_and_moves_no_money()
    {
        desk.Send(new TransferAnswer.Refused("account_closed"));
        desk.Unchanged(new PayoutItemCommand.Release("flagged", null));
        desk.Do(new PayoutItemCommand.Release("fraud suspected", "ada"));
        Assert.Equal((true, "fraud suspected"), (desk.Item.IsGivenUp, desk.Item.Why));
        desk.Unchanged(new PayoutItemCommand.Release("fraud suspected", "ada"));
        desk.Unchanged(new PayoutItemCommand.Reserve(order, IsRetry: true));
        desk.AssertBalanced();
    }

    // Journals of versions before the release said who it was by hold such retries.
    [Fact]
    public void A_retry_that_was_once_accepted_of_what_a_person_gave_up_stands()
    {
        desk.Do(new PayoutItemCommand.Release("fraud suspected", "ada"));
        var again = PayoutItem.Evolve(desk.Item, desk.Now, new PayoutReserved(order));
        Assert.Equal((PayoutItemStatus.Reserved, true, false), (again.Status, again.InTransit, again.IsGivenUp));
    }

    [Fact]
    public void A_key_is_not_sent_again_after_twenty_hours()
    {
        desk.Send(new TransferAnswer.Unknown("time-out"));
        desk.Now = desk.Item.FirstSentAt!.Value + PayoutWaits.Live.KeyLife;
        desk.Send(new TransferAnswer.Unknown("time-out"));
        desk.Now += minute;
        desk.Do(new PayoutItemCommand.BeginSend(1));
        Assert.Equal(new LookupOpened(1, LookupReason.KeyTooOld), desk.Events[^1]);
        desk.Refused(new PayoutItemCommand.BeginSend(1), PayoutItemRefusal.WrongState);
    }

    [Fact]
    public void Only_two_empty_look_ups_an_hour_after_the_last_sending_open_a_new_generation()
    {
        desk.Send(new TransferAnswer.Broken(IsReplayed: true));
        var sent = desk.Item.LastSentAt!.Value;

        // At once, because a transfer that is there need not be waited for; but its absence proves nothing yet.
        desk.LookUp();
        Assert.Equal((0, sent + PayoutWaits.Live.Quiet), (desk.Item.EmptyLookups, desk.Item.NextAt));
        desk.Now = sent + PayoutWaits.Live.Quiet - minute;
        desk.Unchanged(desk.Lookup());
        desk.Refused(Desk.NextIntent, PayoutItemRefusal.WrongState);

        desk.Now = sent + PayoutWaits.Live.Quiet;
        desk.LookUp();
        Assert.Equal((1, PayoutItemStatus.LookingUp), (desk.Item.EmptyLookups, desk.Item.Status));
        desk.Now += 9 * minute;
        desk.Unchanged(desk.Lookup());
        desk.Refused(Desk.NextIntent, PayoutItemRefusal.WrongState);

        desk.Now += minute;
        desk.LookUp();
        Assert.Equal((PayoutItemStatus.NotFound, PayoutStep.WriteIntent), (desk.Item.Status, desk.Item.Next));
        var first = desk.Item.Intent!;
        desk.Write();
        Assert.Equal(2, desk.Item.Generation);
        Assert.NotEqual(first.Key, desk.Item.Intent!.Key);
    }

    [Fact]
    public void A_look_up_that_was_asked_before_it_counts_does_not_count_when_it_is_recorded_late()
    {
        desk.Send(new TransferAnswer.Broken(IsReplayed: true));
        var asked = desk.Now;
        desk.LookUp();
        desk.Now = asked + 2 * PayoutWaits.Live.Quiet;
        desk.Unchanged(new PayoutItemCommand.RecordLookup(1, new([]), asked));
    }

    [Fact]
    public void What_a_look_up_finds_is_adopted()
    {
        desk.Send(new TransferAnswer.Broken(IsReplayed: true));
        desk.LookUp(transfer);
        Assert.Equal(new TransferMade(1, "tr_1", ByLookup: true), desk.Events[^1]);
        desk.AssertBalanced();
    }

    [Fact]
    public void What_a_look_up_finds_is_adopted_although_it_is_another_than_was_sent_for_last()
    {
        desk.Send(new TransferAnswer.Unknown("time-out"));
        desk.LookUp(transfer);
        Assert.Equal(PayoutItemStatus.Succeeded, desk.Item.Status);
        desk.Refused(new PayoutItemCommand.BeginSend(1), PayoutItemRefusal.WrongState);
    }

    [Fact]
    public void Several_transfers_of_one_item_are_for_a_person()
    {
        desk.Send(new TransferAnswer.Broken(IsReplayed: true));
        desk.LookUp(transfer, transfer with { Id = "tr_2" });
        Assert.Equal((PayoutItemStatus.Review, ReviewReason.Several), (desk.Item.Status, desk.Item.Review));
        Assert.True(desk.Item.InTransit);
    }

    [Fact]
    public void A_second_transfer_that_comes_to_light_is_for_a_person()
    {
        desk.Send(new TransferAnswer.Made(transfer));
        desk.Unchanged(new PayoutItemCommand.RecordAnswer(1, 1, new TransferAnswer.Made(transfer), 0));
        desk.Do(new PayoutItemCommand.RecordAnswer(1, 1, new TransferAnswer.Made(transfer with { Id = "tr_2" }), 0));
        Assert.Equal(ReviewReason.Several, desk.Item.Review);
        desk.AssertBalanced();
    }

    [Fact]
    public void A_transfer_that_comes_to_light_after_the_release_is_for_a_person()
    {
        desk.Send(new TransferAnswer.Refused("account_closed"));
        desk.LookUp(transfer);
        Assert.Equal((ReviewReason.Differs, false), (desk.Item.Review, desk.Item.InTransit));
        desk.AssertBalanced();
    }

    [Fact]
    public void A_sending_of_which_nothing_was_heard_is_taken_over_and_leaves_a_doubt()
    {
        desk.Begin();
        desk.Refused(new PayoutItemCommand.BeginSend(1), PayoutItemRefusal.TooEarly);
        desk.Now += PayoutWaits.Live.Abandoned;
        desk.Do(new PayoutItemCommand.BeginSend(1));
        Assert.Equal((2, true), (desk.Item.Attempt, desk.Item.InDoubt));

        // What the first sender still says changes nothing, but that a transfer was made.
        desk.Unchanged(new PayoutItemCommand.RecordAnswer(1, 1, new TransferAnswer.Refused("account_closed"), 0));
        desk.Do(new PayoutItemCommand.RecordAnswer(1, 1, new TransferAnswer.Made(transfer), 0));
        Assert.Equal(PayoutItemStatus.Succeeded, desk.Item.Status);
    }

    [Fact]
    public void After_three_generations_a_person_looks()
    {
        for (var generation = 1; generation <= 3; generation++)
        {
            if (generation > 1) desk.Write();
            desk.Send(new TransferAnswer.FundsShort());
        }

        desk.Write();
        Assert.Equal(ReviewReason.GenerationsUsedUp, desk.Item.Review);
        Assert.True(desk.Item.InTransit);
    }

    [Fact]
    public void A_release_is_only_for_what_was_certainly_not_made()
    {
        desk.Begin();
        desk.Refused(new PayoutItemCommand.Release("cancelled", "ada"), PayoutItemRefusal.WrongState);
        desk.Now += PayoutWaits.Live.Abandoned;
        desk.Send(new TransferAnswer.Unknown("time-out"));
        desk.Refused(new PayoutItemCommand.Release("cancelled", "ada"), PayoutItemRefusal.WrongState);
        foreach (var unsent in new[] { new Desk(write: false), new Desk() })
        {
            unsent.Do(new PayoutItemCommand.Release("cancelled", "ada"));
            Assert.Equal(PayoutItemStatus.Released, unsent.Item.Status);
            unsent.Refused(new PayoutItemCommand.BeginSend(unsent.Item.Generation), PayoutItemRefusal.WrongState);
            unsent.Refused(Desk.NextIntent, PayoutItemRefusal.WrongState);
            unsent.AssertBalanced();
        }

        desk.Now = desk.Item.NextAt!.Value;
        desk.Send(new TransferAnswer.Broken(IsReplayed: true));
        desk.Now += PayoutWaits.Live.Quiet;
        desk.LookUp();
        desk.Refused(new PayoutItemCommand.Release("cancelled", "ada"), PayoutItemRefusal.WrongState);
        desk.Now += PayoutWaits.Live.LookAgain;
        desk.LookUp();
        desk.Do(new PayoutItemCommand.Release("cancelled", "ada"));
        desk.AssertBalanced();
    }

    [Fact]
    public void A_reversal_gives_back_what_Stripe_shows_once()
    {
        desk.Send(new TransferAnswer.Made(transfer));
        desk.Do(new PayoutItemCommand.Confirm("tr_1", "txn_1"));
        desk.Do(new PayoutItemCommand.RecordReversal("tr_1", 470));
        desk.Unchanged(new PayoutItemCommand.RecordReversal("tr_1", 470));
        Assert.Equal(PayoutItemStatus.PartlyReversed, desk.Item.Status);
        desk.Do(new PayoutItemCommand.RecordReversal("tr_1", 1_470));
        Assert.Equal((PayoutItemStatus.Reversed, true), (desk.Item.Status, desk.Item.IsSettled));
        desk.AssertBalanced();
    }

    [Theory]
    [MemberData(nameof(AnswersToAReversal))]
    public void Each_answer_to_a_reversal_has_one_consequence(TransferAnswer answer, PayoutReversalStatus status, PayoutStep next, string? code)
    {
        desk.Pay();
        desk.Reverse(answer);
        var reversal = desk.Item.Reversals[0];
        Assert.Equal((status, next, code), (reversal.Status, reversal.Next, reversal.Code));
        Assert.Equal(status == PayoutReversalStatus.Made ? 470 : 0, desk.Item.ReversedMinor);
        desk.AssertBalanced();
    }

    public static TheoryData<TransferAnswer, PayoutReversalStatus, PayoutStep, string?> AnswersToAReversal => new()
    {
        { new TransferAnswer.Made(back), PayoutReversalStatus.Made, PayoutStep.None, null },
        { new TransferAnswer.Made(back with { Item = "another" }), PayoutReversalStatus.Unsettled, PayoutStep.Send, null },
        { new TransferAnswer.Made(back with { Destination = "tr_2" }), PayoutReversalStatus.Unsettled, PayoutStep.Send, null },
        { new TransferAnswer.Unknown("time-out"), PayoutReversalStatus.Unsettled, PayoutStep.Send, null },
        { new TransferAnswer.KeyInUse(), PayoutReversalStatus.Unsettled, PayoutStep.Send, null },
        { new TransferAnswer.TooMany(), PayoutReversalStatus.Unsettled, PayoutStep.Send, null },
        { new TransferAnswer.Broken(IsReplayed: false), PayoutReversalStatus.Unsettled, PayoutStep.Send, null },
        { new TransferAnswer.Broken(IsReplayed: true), PayoutReversalStatus.LookingUp, PayoutStep.LookUp, null },
        { new TransferAnswer.KeyMismatch(), PayoutReversalStatus.LookingUp, PayoutStep.LookUp, null },
        { new TransferAnswer.Refused("transfer_already_reversed"), PayoutReversalStatus.Rejected, PayoutStep.None, "transfer_already_reversed" },
        { new TransferAnswer.FundsShort(), PayoutReversalStatus.Rejected, PayoutStep.None, "balance_insufficient" },
        { new TransferAnswer.AccessRefused("more_permissions_required"), PayoutReversalStatus.Unsettled, PayoutStep.Send, null },
    };

    [Fact]
    public void A_reversal_has_keys_of_its_own_and_an_old_generation_is_never_sent_again()
    {
        desk.Pay();
        desk.Reverse(new TransferAnswer.Broken(IsReplayed: true));
        var first = desk.Item.Reversals[0].Sending.Intent!;
        Assert.NotEqual(desk.Item.Intent!.Key, first.Key);
        Assert.Equal("amount=470&metadata%5Bitem%5D=item_1&metadata%5Breversal%5D=back&metadata%5Bgeneration%5D=1", first.Body);
        desk.Do(Desk.Back(new PayoutItemCommand.RecordLookup(1, new([]), desk.Now)));
        desk.Now += PayoutWaits.Live.Quiet;
        desk.Do(Desk.Back(new PayoutItemCommand.RecordLookup(1, new([]), desk.Now)));
        desk.Refused(Desk.Back(Desk.NextIntent), PayoutItemRefusal.WrongState);
        desk.Now += PayoutWaits.Live.LookAgain;
        desk.Do(Desk.Back(new PayoutItemCommand.RecordLookup(1, new([]), desk.Now)));
        desk.Refused(Desk.Back(new PayoutItemCommand.BeginSend(1)), PayoutItemRefusal.WrongState);
        desk.Do(Desk.Back(Desk.NextIntent));
        desk.Refused(Desk.Back(new PayoutItemCommand.BeginSend(1)), PayoutItemRefusal.OtherGeneration);
        Assert.NotEqual(first.Key, desk.Item.Reversals[0].Sending.Intent!.Key);

        // What comes to light of the first one all the same is it.
        desk.Do(Desk.Back(new PayoutItemCommand.RecordLookup(1, new([back]), desk.Now)));
        desk.Refused(Desk.Back(new PayoutItemCommand.BeginSend(2)), PayoutItemRefusal.WrongState);
        Assert.Equal(470, desk.Item.ReversedMinor);
        desk.AssertBalanced();
    }

    // Others tell of the transfer's total, before and after, and of what was reversed by hand.
    [Theory]
    [InlineData(470, 0, 470)]
    [InlineData(770, 0, 770)]
    [InlineData(0, 470, 470)]
    [InlineData(0, 770, 770)]
    [InlineData(300, 770, 770)]
    public void What_came_back_is_booked_once_whoever_tells_it_first(long toldBefore, long toldAfter, long booked)
    {
        desk.Pay();
        desk.Do(new PayoutItemCommand.Reverse("back", 470, "why", "ada"));
        if (toldBefore > 0) desk.Do(new PayoutItemCommand.RecordReversal("tr_1", toldBefore));
        desk.Answer(new TransferAnswer.Made(back));
        if (toldAfter > desk.Item.ReversedMinor) desk.Do(new PayoutItemCommand.RecordReversal("tr_1", toldAfter));
        Assert.Equal(booked, desk.Item.ReversedMinor);
        desk.AssertBalanced();
    }

    [Fact]
    public void Only_what_was_paid_and_is_left_can_be_asked_back_one_after_the_other()
    {
        desk.Refused(new PayoutItemCommand.Reverse("back", 470, "why", "ada"), PayoutItemRefusal.WrongState);
        desk.Pay();
        desk.Refused(new PayoutItemCommand.Reverse("back", 1_471, "why", "ada"), PayoutItemRefusal.MoreThanIsLeft);
        desk.Do(new PayoutItemCommand.Reverse("back", 470, "why", "ada"));
        desk.Unchanged(new PayoutItemCommand.Reverse("back", 470, "another word", "grace"));
        desk.Refused(new PayoutItemCommand.Reverse("back", 471, "why", "ada"), PayoutItemRefusal.OtherReversal);
        desk.Refused(new PayoutItemCommand.Reverse("more", 1, "why", "ada"), PayoutItemRefusal.ReversalOpen);
        desk.Answer(new TransferAnswer.Made(back));
        desk.Refused(new PayoutItemCommand.Reverse("more", 1_001, "why", "ada"), PayoutItemRefusal.MoreThanIsLeft);
        for (var i = 1; i < PayoutReversalDecider.Most; i++)
        {
            desk.Do(new PayoutItemCommand.Reverse($"more{i}", 1, "why", "ada"));
            desk.Answer(new TransferAnswer.FundsShort());
        }

        desk.Refused(new PayoutItemCommand.Reverse("last", 1, "why", "ada"), PayoutItemRefusal.TooManyReversals);
        desk.Unchanged(new PayoutItemCommand.Reverse("back", 470, "why", "ada"));
    }

    // A transfer by hand, under the name of an item that Stripe could not have paid.
    [Theory]
    [InlineData("UGX", 901)]
    [InlineData("HUF", 901)]
    public void A_transfer_is_never_what_was_ordered_where_Stripe_does_not_move_it(string currency, long minor)
    {
        var outside = order with { Amount = new(minor, Asset.Cash(currency)), Destination = PayoutOrder.Outside };
        var seen = new TransferSeen("tr_1", minor, currency.ToLowerInvariant(), PayoutOrder.Outside, "item_1");
        Assert.False(outside.IsMetBy(seen));
        var item = new PayoutItem(1, default, PayoutItemStatus.Reserved, outside, InTransit: true);
        item = PayoutItem.Evolve(item, default, Assert.Single(Accepted(new PayoutItemCommand.RecordLookup(0, new([seen]), default))));
        Assert.Equal(ReviewReason.Differs, item.Review);
        var decision = PayoutItemDecider.Decide(item, new PayoutItemCommand.Resolve(ReviewAnswer.PaidBy, "why", "ada", seen, new([seen]), default), default, PayoutWaits.Live);
        Assert.Equal(PayoutItemRefusal.TransferUnfit, Assert.IsType<PayoutItemDecision.Refused>(decision).Why);

        IEnumerable<PayoutItemEvent> Accepted(PayoutItemCommand command) =>
            Assert.IsType<PayoutItemDecision.Accepted>(PayoutItemDecider.Decide(item, command, default, PayoutWaits.Live)).Events;
    }

    [Fact]
    public void In_review_a_person_names_the_transfer_that_paid_it()
    {
        desk.Send(new TransferAnswer.Made(transfer with { Destination = "acct_2" }));
        Assert.Equal((PayoutItemStatus.Review, true), (desk.Item.Status, desk.Item.InTransit));
        foreach (var unfit in new[] { null, transfer with { Amount = 1 }, transfer with { Currency = "eur" }, transfer with { AmountReversed = 1_470 } })
            desk.Refused(Resolve(ReviewAnswer.PaidBy, unfit), PayoutItemRefusal.TransferUnfit);
        desk.Do(Resolve(ReviewAnswer.PaidBy, transfer with { Destination = "acct_2" }));
        Assert.Equal((PayoutItemStatus.Succeeded, false, "tr_1", ReviewReason.None), (desk.Item.Status, desk.Item.InTransit, desk.Item.Transfer, desk.Item.Review));
        desk.AssertBalanced();
        desk.Refused(Resolve(ReviewAnswer.PaidBy, transfer), PayoutItemRefusal.WrongState);
    }

    // What Stripe shows stands against what a person says; and what was sent a moment ago may still be made.
    [Theory]
    [InlineData(ReviewAnswer.NeverPaid, PayoutItemStatus.Released, PayoutStep.None)]
    [InlineData(ReviewAnswer.SendAgain, PayoutItemStatus.NotFound, PayoutStep.WriteIntent)]
    public void In_review_nothing_is_given_back_or_sent_again_against_what_Stripe_shows(ReviewAnswer answer, PayoutItemStatus status, PayoutStep next)
    {
        desk.Send(new TransferAnswer.KeyMismatch());
        desk.Refused(Resolve(answer, null, transfer), PayoutItemRefusal.TransferThere);
        desk.Refused(Resolve(answer, null), PayoutItemRefusal.TooEarly);
        desk.Now += 60 * minute;
        desk.Refused(Resolve(answer, null, transfer with { AmountReversed = 1 }), PayoutItemRefusal.TransferThere);
        desk.Do(Resolve(answer, null, transfer with { AmountReversed = 1_470 }));
        Assert.Equal((status, next), (desk.Item.Status, desk.Item.Next));
        desk.AssertBalanced();
    }

    // The comparison shows it again and again.
    [Fact]
    public void A_transfer_to_another_that_came_back_whole_does_not_undo_what_a_person_said()
    {
        var wrong = transfer with { Destination = "acct_2" };
        desk.Send(new TransferAnswer.Made(wrong));
        desk.Now += 60 * minute;
        desk.Do(Resolve(ReviewAnswer.SendAgain, null, wrong with { AmountReversed = 1_470 }));
        desk.Unchanged(desk.Lookup(wrong with { AmountReversed = 1_470 }));
        desk.Write();
        desk.Unchanged(desk.Lookup(wrong with { AmountReversed = 1_470 }));
        desk.Send(new TransferAnswer.Made(transfer with { Id = "tr_2" }));
        Assert.Equal((PayoutItemStatus.Succeeded, "tr_2"), (desk.Item.Status, desk.Item.Transfer));
        desk.AssertBalanced();
    }

    [Fact]
    public void A_person_may_allow_one_generation_more_than_the_usual_ones()
    {
        for (var generation = 1; generation <= PayoutItemDecider.MostGenerations; generation++)
        {
            desk.Send(new TransferAnswer.FundsShort());
            desk.Write();
        }

        Assert.Equal((PayoutItemStatus.Review, ReviewReason.GenerationsUsedUp), (desk.Item.Status, desk.Item.Review));
        desk.Now += 60 * minute;
        desk.Do(Resolve(ReviewAnswer.SendAgain, null));
        desk.Write();
        Assert.Equal(PayoutItemDecider.MostGenerations + 1, desk.Item.Generation);
        desk.Send(new TransferAnswer.FundsShort());
        desk.Write();
        Assert.Equal(PayoutItemStatus.Review, desk.Item.Status);
    }

    // Another transfer of an item that was paid: the one that paid it stands, and no money moves in the books.
    [Fact]
    public void Of_an_item_that_was_paid_and_is_in_review_only_its_own_transfer_stands()
    {
        desk.Send(new TransferAnswer.Made(transfer));
        desk.LookUp(transfer with { Id = "tr_2" });
        Assert.Equal((PayoutItemStatus.Review, false), (desk.Item.Status, desk.Item.InTransit));
        desk.Refused(Resolve(ReviewAnswer.PaidBy, transfer with { Id = "tr_2" }), PayoutItemRefusal.WrongState);
        desk.Refused(Resolve(ReviewAnswer.NeverPaid, null), PayoutItemRefusal.WrongState);
        desk.Do(Resolve(ReviewAnswer.PaidBy, transfer));
        Assert.Equal((PayoutItemStatus.Succeeded, "tr_1"), (desk.Item.Status, desk.Item.Transfer));
        desk.AssertBalanced();
    }

    // Nothing is in transit: what paid it took what was payable.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_released_and_turns_out_to_be_paid_is_paid_and_what_came_back_whole_is_not(bool byHand)
    {
        desk.Send(new TransferAnswer.Refused("account_closed"));
        if (byHand) desk.Do(new PayoutItemCommand.Release("fraud suspected", "ada"));
        desk.LookUp(transfer);
        desk.Refused(Resolve(ReviewAnswer.PaidBy, null), PayoutItemRefusal.TransferUnfit);
        desk.Refused(Resolve(ReviewAnswer.NeverPaid, null, transfer), PayoutItemRefusal.TransferThere);
        desk.Refused(Resolve(ReviewAnswer.SendAgain, null), PayoutItemRefusal.WrongState);
        var before = desk.Item;
        desk.Do(Resolve(ReviewAnswer.PaidBy, transfer, transfer));
        Assert.Equal((PayoutItemStatus.Succeeded, "tr_1", false), (desk.Item.Status, desk.Item.Transfer, desk.Item.IsGivenUp));
        desk.AssertBalanced();

        desk.Now += 60 * minute;
        var e = Assert.Single(Assert.IsType<PayoutItemDecision.Accepted>(PayoutItemDecider.Decide(
            before, Resolve(ReviewAnswer.NeverPaid, null, transfer with { AmountReversed = 1_470 }), desk.Now, PayoutWaits.Live)).Events);
        Assert.Null(before.Movement(e));
        var never = PayoutItem.Evolve(before, desk.Now, e);
        Assert.Equal((PayoutItemStatus.Released, false, ReviewReason.None, byHand), (never.Status, never.InTransit, never.Review, never.IsGivenUp));
    }

    private PayoutItemCommand.Resolve Resolve(ReviewAnswer answer, TransferSeen? by, params TransferSeen[] shown) => new(answer, "found out", "ada", by, new([.. shown]), desk.Now);

    /// <summary>Decides, folds, and moves money, as a turn would.</summary>
    private sealed class Desk
    {
        public static readonly PayoutItemCommand.WriteIntent NextIntent = new("test", 1, "2026-10-28.endive");

        private readonly Dictionary<AccountKind, long> accounts = new() { [AccountKind.Payable] = 5_000 };

        public Desk(bool write = true)
        {
            Do(new PayoutItemCommand.Reserve(order));
            if (write) Write();
        }

        public PayoutItem Item { get; private set; } = PayoutItem.None;

        public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

        public List<PayoutItemEvent> Events { get; } = [];

        public void Write() => Do(NextIntent);

        public void Begin() => Do(new PayoutItemCommand.BeginSend(Item.Generation));

        public void Pay() => Send(new TransferAnswer.Made(transfer));

        /// <summary>Asks 470 back, and is answered so.</summary>
        public void Reverse(TransferAnswer answer)
        {
            Do(new PayoutItemCommand.Reverse("back", 470, "why", "ada"));
            Answer(answer);
        }

        public static PayoutItemCommand.OfReversal Back(PayoutItemCommand command) => new("back", command);

        /// <summary>Sends the last reversal.</summary>
        public void Answer(TransferAnswer answer)
        {
            var name = Item.Reversals[^1].Id;
            Do(new PayoutItemCommand.OfReversal(name, NextIntent));
            Do(new PayoutItemCommand.OfReversal(name, new PayoutItemCommand.BeginSend(1)));
            Do(new PayoutItemCommand.OfReversal(name, new PayoutItemCommand.RecordAnswer(1, 1, answer, 500)));
        }

        public void Send(TransferAnswer answer)
        {
            if (Item.NextAt > Now) Now = Item.NextAt.Value;
            Begin();
            Do(new PayoutItemCommand.RecordAnswer(Item.Generation, Item.Attempt, answer, 500));
        }

        public PayoutItemCommand.RecordLookup Lookup(params TransferSeen[] found) => new(Item.Generation, new([.. found]), Now);

        public void LookUp(params TransferSeen[] found) => Do(Lookup(found));

        public void Do(PayoutItemCommand command)
        {
            var accepted = Assert.IsType<PayoutItemDecision.Accepted>(PayoutItemDecider.Decide(Item, command, Now, PayoutWaits.Live));
            Assert.NotEmpty(accepted.Events);
            foreach (var e in accepted.Events)
            {
                if (Item.Movement(e) is { } posting)
                {
                    Assert.Equal((order.Referrer, order.Referrer), (posting.From.Owner, posting.To.Owner));
                    accounts[posting.From.Kind] = accounts.GetValueOrDefault(posting.From.Kind) - posting.Amount.Minor;
                    accounts[posting.To.Kind] = accounts.GetValueOrDefault(posting.To.Kind) + posting.Amount.Minor;
                }

                Item = PayoutItem.Evolve(Item, Now, e);
                Events.Add(e);
            }
        }

        public void Unchanged(PayoutItemCommand command) =>
            Assert.IsType<PayoutItemDecision.Unchanged>(PayoutItemDecider.Decide(Item, command, Now, PayoutWaits.Live));

        public void Refused(PayoutItemCommand command, PayoutItemRefusal why) =>
            Assert.Equal(why, Assert.IsType<PayoutItemDecision.Refused>(PayoutItemDecider.Decide(Item, command, Now, PayoutWaits.Live)).Why);

        /// <summary>What is in transit is this item's, and nothing was lost or made.</summary>
        public void AssertBalanced()
        {
            Assert.Equal(5_000, accounts.Values.Sum());
            Assert.Equal(Item.InTransit ? order.Amount.Minor : 0, accounts.GetValueOrDefault(AccountKind.InTransit));
            Assert.Equal(Item.Transfer is null ? 0 : order.Amount.Minor - Item.ReversedMinor, accounts.GetValueOrDefault(AccountKind.Paid));
        }
    }
}
