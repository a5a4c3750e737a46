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
    [InlineData("""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":100,"occurred_at":"2026-01-05T10:00:00Z","note":"x"}""")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":100,"occurred_at":"2026-01-05T10:00:00Z","product_ids":["x"]}""")]
    [InlineData("""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":100,"occurred_at":"2026-01-05T10:00:00Z","metadata":{"k":""}}""")]
    public void D11_other_content_has_another_hash(string body) => Assert.NotEqual(Hash(Base), Hash(body));

    [Theory]
    [InlineData(""" "metadata":{"a":1,"b":true} """, """ "metadata":{"b":true,"a":1} """, true)]
    [InlineData(""" "metadata":{"a":1} """, """ "metadata":{"a":"1"} """, false)]
    [InlineData(""" "metadata":{"a":true} """, """ "metadata":{"a":"true"} """, false)]
    [InlineData(""" "metadata":{"a":1} """, """ "metadata":{"a":-0} """, false)]
    [InlineData(""" "metadata":{"a":0} """, """ "metadata":{"a":-0} """, true)]
    [InlineData(""" "metadata":{"ab":"c"} """, """ "metadata":{"a":"bc"} """, false)]
    [InlineData(""" "product_ids":["a","b"] """, """ "product_ids":["b","a"] """, false)]
    [InlineData(""" "product_ids":["a","b"] """, """ "product_ids":["ab"] """, false)]
    [InlineData(""" "product_ids":["a"],"note":"b" """, """ "product_ids":["a","b"] """, false)]
    [InlineData(""" "note":"é" """, """ "note":"\u00e9" """, true)]
    [InlineData(""" "note":"é" """, """ "note":"e\u0301" """, false)]
    public void D11_only_what_is_said_counts_not_how(string one, string other, bool same) => Assert.Equal(
        same,
        Hash($$"""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c",{{one}} }""") == Hash($$"""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c",{{other}} }"""));

    [Fact]
    public void The_form_of_the_content_never_changes() => Assert.Equal("e3f469b0cf3ceb03fad4492ae02d3350", Hash(
        """{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":100,"currency":"GBP","occurred_at":"2026-01-05T10:00:00Z","product_ids":["x","y"],"note":"n","metadata":{"k":"v","n":1,"t":true}}""").Value.ToString("x32"));

    private static ContentHash Hash(string body)
    {
        Assert.Null(ActionParser.Parse(Encoding.UTF8.GetBytes(body), DateTimeOffset.UnixEpoch, out var line));
        return line.Action.Hash;
    }
}
