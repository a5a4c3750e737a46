using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;

namespace ReferralGrains.Domain.Tests.Payouts;

/// <summary>A batch: what is fixed when, who may approve it, and that each step may be asked for again.</summary>
public sealed class PayoutBatchTests
{
    private static readonly PayoutOrder one = new("item_1", new(7), new(9), new(1_470, Asset.Cash("USD")), "acct_1");
    private static readonly PayoutOrder two = new("item_2", new(7), new(10), new(30, Asset.Cash("EUR")), "acct_2");

    private PayoutBatch batch = PayoutBatch.None;

    [Fact]
    public void It_is_drawn_up_reserved_approved_sent_and_settled()
    {
        Freeze();
        Do(new PayoutBatchCommand.Approve("grace", batch.Hash!));
        Do(new PayoutBatchCommand.BeginSending());
        Assert.True(batch.Sends);
        Do(new PayoutBatchCommand.Pause(ForFunds: true, "why"));
        Assert.False(batch.Sends);
        Do(new PayoutBatchCommand.Retry("ada"));
        Do(new PayoutBatchCommand.BeginSending());
        Do(new PayoutBatchCommand.Settle());
        Assert.Equal(PayoutBatchStatus.Settled, batch.Status);
    }

    [Fact]
    public void Each_step_may_be_asked_for_again()
    {
        Do(new PayoutBatchCommand.Draw("ada", NeedsSecondPerson: false));
        Unchanged(new PayoutBatchCommand.Draw("ada", NeedsSecondPerson: false));
        Refused(new PayoutBatchCommand.Draw("grace", NeedsSecondPerson: false), PayoutBatchRefusal.OtherContent);
        Do(new PayoutBatchCommand.List([one]));
        Unchanged(new PayoutBatchCommand.List([one]));
        Do(new PayoutBatchCommand.List([one, two]));
        Assert.Equal(2, batch.Orders.Length);
        Refused(new PayoutBatchCommand.List([one with { Destination = "acct_9" }]), PayoutBatchRefusal.OtherContent);
        Do(new PayoutBatchCommand.EndList(2));
        Unchanged(new PayoutBatchCommand.EndList(2));
        Do(new PayoutBatchCommand.Freeze([]));
        Unchanged(new PayoutBatchCommand.Freeze([]));
        Do(new PayoutBatchCommand.Approve("ada", batch.Hash!));
        Unchanged(new PayoutBatchCommand.Approve("ada", batch.Hash!));
        Do(new PayoutBatchCommand.BeginSending());
        Unchanged(new PayoutBatchCommand.BeginSending());
    }

    [Fact]
    public void What_is_dropped_changes_the_hash_and_revokes_an_approval_of_which_nothing_was_sent()
    {
        Freeze();
        var looked = batch.Hash!;
        Do(new PayoutBatchCommand.Approve("grace", looked));
        Do(new PayoutBatchCommand.Drop([new("item_1", "account_changed")]));
        Assert.Equal((PayoutBatchStatus.Frozen, null, "account_changed"), (batch.Status, batch.ApprovedBy, batch.Why));
        Assert.Equal(PayoutBatch.HashOf([two]), batch.Hash);
        Unchanged(new PayoutBatchCommand.Drop([new("item_1", "account_changed")]));
        Refused(new PayoutBatchCommand.Approve("grace", looked), PayoutBatchRefusal.HashDiffers);
        Do(new PayoutBatchCommand.Approve("grace", batch.Hash!));
        Do(new PayoutBatchCommand.BeginSending());
        Refused(new PayoutBatchCommand.Drop([new("item_2", "account_changed")]), PayoutBatchRefusal.WrongState);
    }

    [Fact]
    public void What_failed_is_retried_by_way_of_new_intents_and_a_pause_goes_on()
    {
        Freeze();
        Refused(new PayoutBatchCommand.Retry("ada"), PayoutBatchRefusal.WrongState);
        Do(new PayoutBatchCommand.Approve("grace", batch.Hash!));
        Do(new PayoutBatchCommand.BeginSending());
        Do(new PayoutBatchCommand.Pause(ForFunds: true, "why"));
        Do(new PayoutBatchCommand.Retry("ada"));
        Assert.Equal(PayoutBatchStatus.Approved, batch.Status);
        Do(new PayoutBatchCommand.BeginSending());
        Do(new PayoutBatchCommand.Settle());
        Do(new PayoutBatchCommand.Retry("ada"));
        Unchanged(new PayoutBatchCommand.Retry("ada"));
        Do(new PayoutBatchCommand.EndRetry());
        Assert.Equal((PayoutBatchStatus.Approved, "grace"), (batch.Status, batch.ApprovedBy));
    }

    [Fact]
    public void Only_what_the_schedule_drew_up_approves_itself()
    {
        var terms = PayoutTerms.Default with { AutoApprove = true };
        foreach (var scheduled in (bool[])[true, false])
        {
            var drawn = PayoutBatch.Evolve(PayoutBatch.None, default, new BatchDrawn("x", false, terms, scheduled));
            drawn = PayoutBatch.Evolve(drawn, default, new BatchFrozen(PayoutBatch.HashOf([]), []));
            Assert.Equal(scheduled ? PayoutBatchStatus.Approved : PayoutBatchStatus.Frozen, drawn.Status);
        }
    }

    // A date of the schedule would pay nobody, for want of a person whom the terms do not ask for.
    [Fact]
    public void Where_the_terms_ask_for_no_person_what_is_left_of_a_batch_stays_approved()
    {
        batch = PayoutBatch.Evolve(PayoutBatch.None, default, new BatchDrawn("schedule", false, PayoutTerms.Default with { AutoApprove = true }, IsScheduled: true));
        Do(new PayoutBatchCommand.List([one, two]));
        Do(new PayoutBatchCommand.EndList(2));
        Do(new PayoutBatchCommand.Freeze([]));
        Do(new PayoutBatchCommand.Drop([new("item_1", "flagged")]));
        Assert.Equal((PayoutBatchStatus.Approved, "terms", PayoutBatch.HashOf([two])), (batch.Status, batch.ApprovedBy, batch.Hash));
        Assert.Equal([two], batch.Orders);
        Do(new PayoutBatchCommand.BeginSending());

        // What was revoked before that was so waits for a person, as it says in the journal.
        batch = PayoutBatch.Evolve(batch with { Status = PayoutBatchStatus.Approved }, default, new OrdersDropped([new("item_2", "flagged")], PayoutBatch.HashOf([])));
        Assert.Equal((PayoutBatchStatus.Frozen, null), (batch.Status, batch.ApprovedBy));
    }

    // Whoever wrote the intents may have seen an order that another has dropped meanwhile.
    [Fact]
    public void It_is_sent_as_its_intents_were_written_or_not_yet()
    {
        Freeze();
        Do(new PayoutBatchCommand.Approve("grace", batch.Hash!));
        Refused(new PayoutBatchCommand.BeginSending(PayoutBatch.HashOf([one])), PayoutBatchRefusal.HashDiffers);
        Do(new PayoutBatchCommand.BeginSending(batch.Hash));
    }

    [Fact]
    public void A_part_of_the_list_that_was_lost_is_noticed()
    {
        Do(new PayoutBatchCommand.Draw("ada", NeedsSecondPerson: false));
        Do(new PayoutBatchCommand.List([one]));
        Refused(new PayoutBatchCommand.EndList(2), PayoutBatchRefusal.ListIncomplete);
    }

    [Fact]
    public void A_batch_has_a_limit()
    {
        Do(new PayoutBatchCommand.Draw("ada", NeedsSecondPerson: false));
        Do(new PayoutBatchCommand.List([.. Enumerable.Range(0, PayoutBatchDecider.MostOrders).Select(i => one with { Item = $"item_{i}" })]));
        Refused(new PayoutBatchCommand.List([one with { Item = "one_more" }]), PayoutBatchRefusal.TooMany);
    }

    [Fact]
    public void What_could_not_be_reserved_is_left_out_of_what_is_approved()
    {
        Freeze(new LeftOut("item_2", "balance_short"));
        Assert.Equal([one], batch.Orders);
        Assert.Equal(PayoutBatch.HashOf([one]), batch.Hash);
    }

    [Fact]
    public void An_approval_is_of_items_amounts_and_destinations_in_any_order()
    {
        Freeze();
        Assert.Equal(PayoutBatch.HashOf([two, one]), batch.Hash);
        foreach (var other in new[] { one with { Item = "item_3" }, one with { Amount = one.Amount with { Minor = 1 } }, one with { Destination = "acct_9" } })
            Refused(new PayoutBatchCommand.Approve("grace", PayoutBatch.HashOf([other, two])), PayoutBatchRefusal.HashDiffers);
    }

    [Fact]
    public void Where_two_people_are_needed_nobody_approves_what_they_drew_up()
    {
        Freeze();
        Refused(new PayoutBatchCommand.Approve("ada", batch.Hash!), PayoutBatchRefusal.SamePerson);
        Do(new PayoutBatchCommand.Approve("grace", batch.Hash!));
    }

    [Fact]
    public void It_is_cancelled_only_while_nothing_can_have_been_sent()
    {
        Freeze();
        Do(new PayoutBatchCommand.Cancel("ada"));
        Do(new PayoutBatchCommand.EndCancel());
        Unchanged(new PayoutBatchCommand.Cancel("ada"));
        Refused(new PayoutBatchCommand.Approve("grace", batch.Hash!), PayoutBatchRefusal.WrongState);

        batch = PayoutBatch.None;
        Freeze();
        Do(new PayoutBatchCommand.Approve("grace", batch.Hash!));
        Refused(new PayoutBatchCommand.Cancel("ada"), PayoutBatchRefusal.WrongState);
        Do(new PayoutBatchCommand.BeginSending());
        Refused(new PayoutBatchCommand.Cancel("ada"), PayoutBatchRefusal.WrongState);
    }

    // What is sent once more passes through approved, while others of its items are still on their way.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Once_something_may_have_been_sent_it_never_waits_for_an_approval_again(bool pauses)
    {
        Freeze();
        Do(new PayoutBatchCommand.Approve("grace", batch.Hash!));
        Do(new PayoutBatchCommand.BeginSending());
        if (pauses) Do(new PayoutBatchCommand.Pause(ForFunds: true, "why"));
        Do(new PayoutBatchCommand.Retry("ada"));
        if (!pauses) Do(new PayoutBatchCommand.EndRetry());
        Assert.Equal(PayoutBatchStatus.Approved, batch.Status);
        Refused(new PayoutBatchCommand.Drop([new("item_1", "account_not_ready")]), PayoutBatchRefusal.WrongState);
        Refused(new PayoutBatchCommand.Cancel("ada"), PayoutBatchRefusal.WrongState);

        // One that had lost its approval so before this was refused: it is approved again, and not cancelled.
        batch = PayoutBatch.Evolve(batch, default, new OrdersDropped([new("item_1", "account_not_ready")], PayoutBatch.HashOf([two])));
        Refused(new PayoutBatchCommand.Cancel("ada"), PayoutBatchRefusal.WrongState);
        Do(new PayoutBatchCommand.Approve("grace", batch.Hash!));
        Do(new PayoutBatchCommand.BeginSending());
    }

    private void Freeze(params LeftOut[] left)
    {
        Do(new PayoutBatchCommand.Draw("ada", NeedsSecondPerson: true));
        Do(new PayoutBatchCommand.List([one, two]));
        Do(new PayoutBatchCommand.EndList(2));
        Do(new PayoutBatchCommand.Freeze([.. left]));
    }

    private void Do(PayoutBatchCommand command) =>
        batch = PayoutBatch.Evolve(batch, batch.LastAt, Assert.IsType<PayoutBatchDecision.Accepted>(PayoutBatchDecider.Decide(batch, command)).Event);

    private void Unchanged(PayoutBatchCommand command) => Assert.IsType<PayoutBatchDecision.Unchanged>(PayoutBatchDecider.Decide(batch, command));

    private void Refused(PayoutBatchCommand command, PayoutBatchRefusal why) =>
        Assert.Equal(why, Assert.IsType<PayoutBatchDecision.Refused>(PayoutBatchDecider.Decide(batch, command)).Why);
}
