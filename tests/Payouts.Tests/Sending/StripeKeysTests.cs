using ReferralGrains.Payouts.Sending;
using ReferralGrains.Simulation.Node;

namespace Payouts.Tests.Sending;

public sealed class StripeKeysTests
{
    private const string File =
        """
        {
          "live": { "secret_key": "sk_live_abc", "webhook_secrets": ["whsec_1", "whsec_2"] },
          "trial": { "secret_key": "rk_test_abc", "api_base": "http://127.0.0.1:1" },
          "mistaken": { "secret_key": "sk_test_abc" },
          "dangerous": { "secret_key": "rk_live_abc" }
        }
        """;

    [Fact]
    public void The_keys_of_each_tenant_are_read()
    {
        var keys = StripeKeys.Parse(File);
        Assert.Equal((true, "sk_live_abc", 2), (keys.Of(new("live"))!.IsLive, keys.Of(new("live"))!.SecretKey, keys.Of(new("live"))!.WebhookSecrets.Length));
        Assert.Equal((false, new Uri("http://127.0.0.1:1")), (keys.Of(new("trial"))!.IsLive, keys.Of(new("trial"))!.ApiBase));
        Assert.Null(keys.Of(new("other")));
        Assert.DoesNotContain("abc", keys.Of(new("live"))!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("[]")]
    [InlineData("""{"a b": {"secret_key": "sk_test_SECRET"}}""")]
    [InlineData("""{"a": "sk_test_SECRET"}""")]
    [InlineData("""{"a": {"secret_key": 5}}""")]
    [InlineData("""{"a": {"secret_key": "SECRET"}}""")]
    [InlineData("""{"a": {"key": "sk_test_SECRET"}}""")]
    [InlineData("""{"a": {"secret_key": "sk_test_SECRET", "api_base": "nowhere"}}""")]
    [InlineData("""{"a": {"secret_key": "sk_live_SECRET", "api_base": "http://127.0.0.1:1"}}""")]
    public void What_is_wrong_is_said_without_a_secret(string json) =>
        Assert.DoesNotContain("SECRET", Assert.Throws<FormatException>(() => StripeKeys.Parse(json)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("live", false, null)]
    [InlineData("trial", true, null)]
    [InlineData("mistaken", false, "test_key_of_a_live_tenant")]
    [InlineData("dangerous", true, "live_key_of_a_sandbox")]
    [InlineData("other", false, "no_stripe_key")]
    public async Task A_key_of_the_wrong_kind_sends_nothing(string tenant, bool sandbox, string? whyNot)
    {
        var tenants = new MemoryTenants(TimeProvider.System);
        using var accounts = new StripeAccounts(tenants, StripeKeys.Parse(File), new PayoutOptions(), standin: null!, TimeProvider.System);
        var account = await accounts.Of(tenants.Add(tenant, sandbox).Number, CancellationToken.None);
        Assert.Equal((whyNot, whyNot is null), (account.WhyNot, account.Transfers is not null));
    }

    // Each would find the other's transfers where it expects only its own.
    [Fact]
    public void Two_tenants_with_one_key_are_refused_by_name()
    {
        var why = Assert.Throws<FormatException>(static () => StripeKeys.Parse("""{"a": {"secret_key": "sk_live_SECRET"}, "c": {"secret_key": "sk_live_OTHER"}, "b": {"secret_key": "sk_live_SECRET"}}""")).Message;
        Assert.Contains("'a' and 'b'", why, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", why, StringComparison.Ordinal);
    }
}
