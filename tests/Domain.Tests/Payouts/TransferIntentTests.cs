using System.Security.Cryptography;
using System.Text;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;

namespace ReferralGrains.Domain.Tests.Payouts;

public sealed class TransferIntentTests
{
    private static readonly PayoutOrder order = new("item_ä&=", new(7), new(9), new(1_470, Asset.Cash("USD")), "acct_1");

    [Fact]
    public void The_bytes_and_the_key_are_these_for_ever()
    {
        var intent = TransferIntent.Create("prod", 3, order, 2, "2026-10-28.endive");
        Assert.Equal(
            "amount=1470&currency=usd&destination=acct_1&transfer_group=item_%C3%A4%26%3D&metadata%5Bitem%5D=item_%C3%A4%26%3D&metadata%5Bgeneration%5D=2",
            Encoding.ASCII.GetString(intent.Bytes()));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(intent.Bytes())), intent.Hash);
        Assert.Equal("rg1_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("prod|3|item_ä&=|2"))), intent.Key);
    }

    // Below zero is what a customer has to its credit.
    [Fact]
    public void S1_the_bytes_of_account_credit_are_these_for_ever()
    {
        var intent = TransferIntent.Create("prod", 3, new("item_1", new(7), new(9), new(1_500, Asset.Credit("ISK")), "cus_1"), 2, "2026-10-28.endive");
        Assert.Equal("amount=-150000&currency=isk&metadata%5Bitem%5D=item_1&metadata%5Bgeneration%5D=2", Encoding.ASCII.GetString(intent.Bytes()));
        Assert.Equal("rg1_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("prod|3|item_1|2"))), intent.Key);
    }

    [Fact]
    public void Each_generation_tenant_and_environment_has_a_key_of_its_own() => Assert.Equal(4, new[]
    {
        TransferIntent.Create("a", 1, order, 1, "v"), TransferIntent.Create("a", 1, order, 2, "v"), TransferIntent.Create("a", 2, order, 1, "v"),
        TransferIntent.Create("b", 1, order, 1, "v"),
    }.Select(intent => intent.Key).Distinct().Count());

    [Fact]
    public void Altered_bytes_never_leave() => Assert.Throws<InvalidOperationException>(
        () => (TransferIntent.Create("a", 1, order, 1, "v") with { Body = "amount=9999999" }).Bytes());

    [Fact]
    public void An_item_has_the_same_name_whenever_it_is_asked_for()
    {
        var name = PayoutOrder.NameOf("prod", 1, new("batch"), new("anna"), Asset.Cash("USD"));
        Assert.Equal(name, PayoutOrder.NameOf("prod", 1, new("batch"), new("anna"), Asset.Cash("USD")));
        Assert.NotEqual(name, PayoutOrder.NameOf("prod", 1, new("batch"), new("anna"), Asset.Cash("EUR")));
        Assert.NotEqual(name, PayoutOrder.NameOf("prod", 1, new("batch"), new("anna"), Asset.Credit("USD")));
        Assert.Matches("^item_[0-9a-f]{32}$", name);
    }
}
