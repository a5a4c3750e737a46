using System.Text;
using System.Text.Json;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Turns.Programs;

namespace ReferralGrains.Integration.Tests.Gateway;

public sealed class RuleTests
{
    private const string Reward = """ "trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000} """;

    [Theory]
    [InlineData("""{"id":"classic10","name":"10% of each sale","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000,"of":"transaction"},"limits":{"max_count":null,"max_amount_minor":10000,"cap_mode":"clamp","days_after_approved":365,"event_from":null,"event_to":null},"conditions":{"min_amount_exclusive_minor":null,"product_ids":[],"referrer_tags":"ALL","referee_tags":"ALL"},"tiers":[],"hold":{"mode":"days","days":30,"from":"unlocked"},"eligibility":"everyone","active":{"from":null,"to":null},"enabled":true}""")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"points","type":"per_amount","points":1,"per_minor":100}}""")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"credit","type":"fixed","amount_minor":500},"limits":{"max_count":3,"cap_mode":"drop","event_from":"2026-03-01","event_to":"2026-03-29"},"eligibility":"granted","enabled":false}""")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"free_service","type":"fixed","amount_minor":1,"item":"cut"},"conditions":{"min_amount_exclusive_minor":5000,"product_ids":["a","b"],"referrer_tags":"ANY","referee_tags":"NONE"},"hold":{"mode":"manual","days":7,"from":"occurred_at"}}""")]
    [InlineData("""{"trigger":"tier_reached","reward":{"kind":"cash"},"tiers":[{"by":"value","min_minor":0,"max_minor":20000,"amount_minor":500},{"by":"value","min_minor":20001,"max_minor":null,"amount_minor":1000}]}""")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"custom","type":"fixed","amount_minor":2,"item":"mug"},"tiers":[{"by":"count","min":1,"max":4},{"by":"count","min":5,"amount_minor":3}],"active":{"from":"2026-01-01","to":"2026-12-31"}}""")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"coupon","type":"fixed","amount_minor":1,"item":"TEN"}}""")]
    [InlineData("""{"trigger":"interval","every_months":3,"times":4,"reward":{"kind":"cash","type":"percent","basis_points":1,"of":"conversion_value"}}""")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":1},"hold":{"mode":"days_then_active_customer","days":14,"from":"occurred_at"}}""")]
    [InlineData("""{"trigger":"every_n_referrals","n":3,"reward":{"kind":"cash","type":"fixed","amount_minor":1}}""")]
    [InlineData("""{"trigger":"referral_approved","reward":{"kind":"cash","type":"fixed"},"tiers":[{"by":"count","min":1,"amount_minor":1}]}""")]
    [InlineData("""{"trigger":"first_action","reward":{"kind":"cash"},"steps":[{"until_count":3,"basis_points":4000},{"until_count":5,"amount_minor":7},{"basis_points":2000}],"exclusive":{"group":"rate","priority":3}}""")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1},"steps":[{"until_months":3},{"basis_points":2000}],"conditions":{"referrer_tags":{"any_of":["gold"],"none_of":["staff"]},"referee_tags":{"none_of":["x"]},"excluded_product_ids":["gift"],"attributes":{"country":["FR","DE"],"kind":["new"]}}}""")]
    public void What_is_written_of_a_rule_parses_to_the_same_rule(string sent)
    {
        var (terms, state) = Parse(sent);
        var written = JsonSerializer.Serialize(RuleWriter.Answer(With(terms, state.Over(null)), With(terms, state.Over(null)).Rule(1)), GatewayJson.Default.RuleAnswer);
        var again = JsonDocument.Parse(written).RootElement.EnumerateObject().Where(member => member.Name is not ("program_id" or "version"));
        var (readTerms, readState) = Parse("{" + string.Join(',', again) + "}");

        Assert.Equal(Json(terms), Json(readTerms));
        Assert.Equal(state.Over(null), readState.Over(null));
    }

    [Theory]
    [InlineData("2026-03-29", "2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z")] // the day on which the clocks go forward has 23 hours
    [InlineData("2026-10-25", "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z")] // and 25 when they go back
    [InlineData("2026-07-01", "2026-06-30T23:00:00Z", "2026-07-01T23:00:00Z")]
    [InlineData("2026-07-01T12:00:00+02:00", "2026-07-01T10:00:00Z", "2026-07-01T10:00:00Z")]
    public void R6_a_bare_date_is_a_whole_day_in_the_programs_zone(string date, string from, string to)
    {
        var dates = ProgramDates.Of("Europe/London");
        Assert.Equal(DateTimeOffset.Parse(from), dates.From(date, "event_from"));
        Assert.Equal(DateTimeOffset.Parse(to), dates.To(date, "event_to"));
    }

    [Theory]
    [InlineData("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z")] // midnight is skipped: the day starts at 01:00
    [InlineData("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z")] // midnight comes twice: the first
    public void D15_a_day_starts_at_the_first_instant_that_there_is(string zone, string date, string start) =>
        Assert.Equal(DateTimeOffset.Parse(start), ProgramDates.Of(zone).From(date, "event_from"));

    [Theory]
    [InlineData("""{$,"steps":[{"until_count":3,"basis_points":1},{"until_months":3,"basis_points":1},{"basis_points":1}]}""", "invalid_rule", "steps[1]")]
    [InlineData("""{$,"steps":[{"until_count":3,"basis_points":1},{"until_count":3,"basis_points":1},{"basis_points":1}]}""", "invalid_rule", "steps[1]")]
    [InlineData("""{$,"steps":[{"until_count":3,"basis_points":1}]}""", "invalid_rule", "steps[0]")]
    [InlineData("""{$,"steps":[{"basis_points":1}],"tiers":[{"by":"count","min":1}]}""", "invalid_rule", "steps")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"points","type":"fixed","amount_minor":1},"steps":[{"basis_points":1}]}""", "percent_needs_money", "steps[0].basis_points")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"cash"},"steps":[{"until_count":1,"basis_points":1},{}]}""", "missing_field", "steps[1].basis_points")]
    [InlineData("""{$,"conditions":{"attributes":{"country":[]}}}""", "invalid_field", "conditions.attributes.country")]
    [InlineData("""{"trigger":"tier_reached","reward":{"kind":"cash","type":"fixed"},"tiers":[{"by":"count","min":1,"amount_minor":1}],"exclusive":{"group":"g","priority":1}}""", "invalid_rule", "exclusive")]
    [InlineData("""{"trigger":"referral_approved","reward":{"kind":"cash","type":"percent","basis_points":1}}""", "invalid_rule", "reward.of")]
    [InlineData("""{"trigger":"referral_approved","reward":{"kind":"cash","type":"fixed"},"tiers":[{"by":"value","min_minor":1,"amount_minor":1}]}""", "invalid_rule", "tiers")]
    [InlineData("""{"trigger":"every_n_referrals","reward":{"kind":"cash","type":"fixed","amount_minor":1}}""", "missing_field", "n")]
    [InlineData("""{"trigger":"every_n_referrals","n":1,"reward":{"kind":"cash","type":"fixed","amount_minor":1}}""", "invalid_field", "n")]
    [InlineData("""{"trigger":"interval","times":3,"reward":{"kind":"cash","type":"fixed","amount_minor":1}}""", "missing_field", "every_months")]
    [InlineData("""{"trigger":"interval","every_months":1200,"times":11,"reward":{"kind":"cash","type":"fixed","amount_minor":1}}""", "invalid_rule", "times")]
    [InlineData("""{"trigger":"interval","every_months":1,"times":0,"reward":{"kind":"cash","type":"fixed","amount_minor":1}}""", "invalid_field", "times")]
    [InlineData("""{"trigger":"recurring_action","n":3,"reward":{"kind":"cash","type":"fixed","amount_minor":1}}""", "invalid_rule", "n")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"cash","type":"lottery"}}""", "not_supported", "reward.type")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"stars","type":"fixed","amount_minor":1}}""", "not_supported", "reward.kind")]
    [InlineData("""{$,"hold":{"mode":"days_then_active_customer"}}""", "missing_field", "hold.days")]
    [InlineData("""{$,"hold":{"mode":"group"}}""", "missing_field", "hold.amount_minor")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"points","type":"percent","basis_points":1000}}""", "percent_needs_money", "reward.type")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"points","type":"fixed"},"tiers":[{"by":"count","min":1,"basis_points":10}]}""", "percent_needs_money", "tiers[0].basis_points")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"cash","type":"percent"}}""", "missing_field", "reward.basis_points")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"cash"}}""", "missing_field", "reward.type")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":0}}""", "invalid_field", "reward.basis_points")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":10,"amount_minor":1}}""", "invalid_rule", "reward.amount_minor")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"coupon","type":"fixed","amount_minor":1}}""", "missing_field", "reward.item")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":1,"item":"x"}}""", "invalid_rule", "reward.item")]
    [InlineData("""{"trigger":"recurring_action","reward":{"kind":"points","type":"per_amount","points":1000000,"per_minor":1}}""", "invalid_field", "reward.points")]
    [InlineData("""{"trigger":"tier_reached","reward":{"kind":"cash","type":"fixed","amount_minor":1}}""", "missing_field", "tiers")]
    [InlineData("""{$,"tiers":[{"by":"value","min_minor":0},{"by":"count","min":5}]}""", "invalid_rule", "tiers")]
    [InlineData("""{$,"tiers":[{"by":"value","min":0}]}""", "invalid_rule", "tiers[0].min")]
    [InlineData("""{$,"tiers":[{"by":"value","min_minor":5,"max_minor":4}]}""", "invalid_field", "tiers[0].max_minor")]
    [InlineData("""{$,"tiers":[{"by":"weight","min":0}]}""", "invalid_field", "tiers[0].by")]
    [InlineData("""{$,"limits":{"max_count":0}}""", "invalid_field", "limits.max_count")]
    [InlineData("""{$,"limits":{"cap_mode":"stop"}}""", "invalid_field", "limits.cap_mode")]
    [InlineData("""{$,"limits":{"event_from":"2026-02-30"}}""", "invalid_field", "limits.event_from")]
    [InlineData("""{$,"limits":{"event_from":"2026-02-03","event_to":"2026-02-02"}}""", "invalid_field", "limits.event_to")]
    [InlineData("""{$,"conditions":{"referrer_tags":"any"}}""", "invalid_field", "conditions.referrer_tags")]
    [InlineData("""{$,"hold":{"mode":"days"}}""", "missing_field", "hold.days")]
    [InlineData("""{$,"eligibility":"some"}""", "invalid_field", "eligibility")]
    public void A_rule_that_makes_no_sense_is_refused_by_its_field(string sent, string code, string param)
    {
        var refused = Assert.Throws<ProblemException>(() => Parse(sent.Replace("$", Reward, StringComparison.Ordinal)));
        Assert.Equal((code, param), (refused.Problem.Code, refused.Problem.Param));
    }

    [Theory]
    [InlineData("""[{"by":"value","min_minor":0,"max_minor":20000},{"by":"value","min_minor":20000,"max_minor":40000}]""")]
    [InlineData("""[{"by":"value","min_minor":0,"max_minor":20000},{"by":"value","min_minor":20100,"max_minor":40000}]""")]
    public void H3_tiers_that_overlap_or_leave_gaps_need_an_acknowledgement(string tiers)
    {
        var refused = Assert.Throws<ProblemException>(() => Parse($$"""{ {{Reward}},"tiers":{{tiers}} }"""));
        Assert.Equal((422, "tiers_need_acknowledgement"), (refused.Problem.Status, refused.Problem.Code));
        Assert.NotEmpty(refused.Problem.Warnings);
        Assert.Equal(2, Parse($$"""{ {{Reward}},"tiers":{{tiers}},"acknowledge_warnings":true}""").Terms.Tiers.Length);
    }

    private static (RewardRule Terms, SentState State) Parse(string json)
    {
        Assert.Null(Strict.Parse(Encoding.UTF8.GetBytes(json), GatewayJson.Default.RuleBody, out var body));
        return RuleParser.Parse(body, body.Id ?? new("rule"), Program([]));
    }

    private static ProgramTerms With(RewardRule terms, RuleState state) => Program([new(1, new("rule"), state, [new(1, 1, terms)])]);

    private static ProgramTerms Program(System.Collections.Immutable.ImmutableArray<Rule> rules) =>
        new(new StreamId(1), new CallerId("p"), "P", "GBP", "Europe/London", 1, rules);

    private static string Json(RewardRule terms) => JsonSerializer.Serialize(terms);
}
