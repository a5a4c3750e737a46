using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Discounts;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>A referral that was given to another referrer is written of by two streams, which know nothing of each other (D16, G2).</summary>
public sealed class ReferralClaimTests(PostgresServer server) : JournalTest(server)
{
    private static readonly StreamId Anna = new(700);
    private static readonly StreamId Ben = new(701);

    [Fact]
    public async Task D16_of_two_that_claim_a_referral_the_second_does_not_hold_in_one_commit_or_in_two()
    {
        Assert.Equal([AppendOutcome.Committed, AppendOutcome.FactMoved, AppendOutcome.Committed], await Together(Used(1, Anna, "jan"), Declined(2, Anna), Used(3, Ben, "feb")));
        Assert.Equal(AppendOutcome.FactMoved, await Writer.Append(Used(4, Anna, "mar")));
        Assert.Equal((1, 0, 1, 0), (await RowsOf(1), await RowsOf(2), await RowsOf(3), await RowsOf(4)));
        Assert.Equal("0 jan", await Kept(Anna));
        Assert.Equal("0 feb", await Kept(Ben));
    }

    [Fact]
    public async Task G2_what_was_declined_is_used_up_and_what_is_given_back_waits_again()
    {
        Assert.Equal(AppendOutcome.Committed, await Writer.Append(Of(1, new(new(Anna, ReferralChoice.Applies, null)))));
        Assert.Equal(AppendOutcome.Committed, await Writer.Append(Used(2, Anna, "jan")));
        Assert.Equal("1 jan", await Kept(Anna));

        // Another payment that had it once gives nothing back of it.
        Assert.Equal(AppendOutcome.Committed, await Writer.Append(Released(3, Anna, "dec")));
        Assert.Equal("1 jan", await Kept(Anna));
        Assert.Equal(AppendOutcome.Committed, await Writer.Append(Released(4, Anna, "jan")));
        Assert.Equal("1 -", await Kept(Anna));
        Assert.Equal(AppendOutcome.Committed, await Writer.Append(Declined(5, Anna)));
        Assert.Equal(AppendOutcome.FactMoved, await Writer.Append(Used(6, Anna, "feb")));
        Assert.Equal("2 -", await Kept(Anna));
    }

    // Each commit waits for the other's row, and then sees what it says.
    [Fact]
    public async Task Two_processes_use_each_referral_once()
    {
        await using var other = NewWriter(Database.Source);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => (i % 2 == 0 ? Writer : other).Append(Used(1_000 + i, new(2_000 + (i / 2)), $"payment{i}"))));
        Assert.All(outcomes.Chunk(2), pair => Assert.Equal([AppendOutcome.Committed, AppendOutcome.FactMoved], pair.Order()));
        Assert.Equal(100, await Database.Ask<long>("select count(distinct payment) from referral_use"));
    }

    private static Append Used(long stream, StreamId referral, string payment) => Of(stream, new(new(referral, null, new(payment))));

    private static Append Declined(long stream, StreamId referral) => Of(stream, new(new(referral, ReferralChoice.Declined, null)));

    private static Append Released(long stream, StreamId referral, string payment) => Of(stream, new(new(referral, null, null), new(payment)));

    private static Append Of(long stream, ReferralUseRow row) =>
        new() { Tenant = 1, Streams = Rows.Append(stream, 1, Rows.Sale(null)).Streams, SideRows = [SideRows.Of<ReferralUseRow>([row])] };

    private Task<string> Kept(StreamId referral) => Database.Ask<string>($"select choice || ' ' || coalesce(payment, '-') from referral_use where referral = {referral.Value}");
}
