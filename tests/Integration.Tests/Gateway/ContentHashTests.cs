using System.Text;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Gateway.Referrals;

namespace ReferralGrains.Integration.Tests.Gateway;

public sealed class ContentHashTests
{
    private const string Base = """{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":100,"occurred_at":"2026-01-05T10:00:00Z"}""";

    [Theory]
    [InlineData("""{"occurred_at":"2026-01-05T10:00:00Z","amount_minor":100,"referee_id":"c","type":"sale","program_id":"p","action_id":"a"}""")]
    [InlineData("""{ "action_id" : "\u0061", "program_id":"p","type":"sale","referee_id":"c","amount_minor":100,"occurred_at":"2026-01-05T11:00:00+01:00"}""")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":100,"occurred_at":"2026-01-05t10:00:00.000z"}""")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":100,"occurred_at":"2026-01-05T10:00:00Z","note":"","metadata":{},"product_ids":[],"currency":null,"refund_of":""}""")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":100,"occurred_at":"2026-01-05T10:00:00Z","metadata":{"k":null},"note":null}""")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":100,"occurred_at":"2026-01-05T10:00:00Z","note":"x"}""")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":100,"occurred_at":"2026-01-05T10:00:00Z","metadata":{"k":""}}""")]
    public void D11_same_content_has_the_same_hash(string body) => Assert.Equal(Hash(Base), Hash(body));

    [Theory]
    [InlineData("""{"action_id":"b","program_id":"p","type":"sale","referee_id":"c","amount_minor":100,"occurred_at":"2026-01-05T10:00:00Z"}""")]
    [InlineData("""{"action_id":"a","program_id":"q","type":"sale","referee_id":"c","amount_minor":100,"occurred_at":"2026-01-05T10:00:00Z"}""")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"sale","referee_id":"d","amount_minor":100,"occurred_at":"2026-01-05T10:00:00Z"}""")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"refund","refund_of":"x","referee_id":"c","amount_minor":100,"occurred_at":"2026-01-05T10:00:00Z"}""")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":101,"occurred_at":"2026-01-05T10:00:00Z"}""")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","occurred_at":"2026-01-05T10:00:00Z"}""")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":100}""")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":100,"occurred_at":"2026-01-05T10:00:00.000001Z"}""")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":100,"occurred_at":"2026-01-05T10:00:00Z","currency":"GBP"}""")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":100,"occurred_at":"2026-01-05T10:00:00Z","product_ids":["x"]}""")]
    public void D11_other_content_has_another_hash(string body) => Assert.NotEqual(Hash(Base), Hash(body));

    [Theory]
    [InlineData(""" "product_ids":["a","b"] """, """ "product_ids":["b","a"] """, false)]
    [InlineData(""" "product_ids":["a","b"] """, """ "product_ids":["ab"] """, false)]
    [InlineData(""" "product_ids":["a"],"currency":"GBP" """, """ "product_ids":["a","GBP"] """, false)]
    [InlineData(""" "product_ids":["é"] """, """ "product_ids":["\u00e9"] """, true)]
    [InlineData(""" "product_ids":["é"] """, """ "product_ids":["e\u0301"] """, false)]
    [InlineData(""" "note":"first","metadata":{"attempt":1} """, """ "note":"again","metadata":{"attempt":"2"} """, true)]
    public void D11_only_what_is_said_counts_not_how(string one, string other, bool same) => Assert.Equal(
        same,
        Hash($$"""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c",{{one}} }""") == Hash($$"""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c",{{other}} }"""));

    [Fact]
    public void The_form_of_the_content_never_changes() => Assert.Equal("65a9567d124777cfe866b3dcb9d0627c", Hash(
        """{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":100,"currency":"GBP","occurred_at":"2026-01-05T10:00:00Z","product_ids":["x","y"],"note":"n","metadata":{"k":"v","n":1,"t":true}}""").Value.ToString("x32"));

    private static ContentHash Hash(string body)
    {
        Assert.Null(ActionParser.Parse(Encoding.UTF8.GetBytes(body), out var line));
        return line.Action.Hash;
    }
}
