using Payouts.Tests.World;
using ReferralGrains.Payouts.Standin;

namespace Payouts.Tests.Standin;

/// <summary>The stand-in does what Stripe's own library for Node takes Stripe to do, so that it cannot drift into wishful thinking.</summary>
public sealed class NodeContractTests
{
    [Theory]
    [InlineData("transfers")]
    [InlineData("pages")]
    [InlineData("reversals")]
    [InlineData("keys")]
    [InlineData("unsaved")]
    [InlineData("refusals")]
    [InlineData("funds")]
    [InlineData("balances")]
    [InlineData("accounts")]
    [InlineData("coreAccounts")]
    [InlineData("customers")]
    [InlineData("events")]
    public async Task Stripes_own_library_finds_what_it_expects(string scenario)
    {
        await using var standin = await RunningStandin.Start();
        standin.Platform.Fund("usd", 100_000);
        await Node.Run(scenario, standin.Url, standin.Platform.AddAccount());
    }

    [Fact]
    public async Task Faults_leave_Stripes_own_library_in_doubt_and_the_transfer_is_made_once()
    {
        await using var standin = await RunningStandin.Start(new()
        {
            Faults = FaultScript.Of(Fault.TimeOut, Fault.CommitThenDrop, Fault.Truncated, Fault.HtmlError, Fault.KeyInUse),
        });
        standin.Platform.Fund("usd", 100_000);
        var seen = await Node.Run("inDoubt", standin.Url, standin.Platform.AddAccount());

        // The library sends again by itself, once, where a connection was cut: what it tells of the second is what came of the third.
        Assert.Equal("StripeConnectionError StripeAPIError StripeAPIError idempotency_key_in_use made made", seen.Trim());
        Assert.Single(standin.Platform.AllTransfers());
    }
}
