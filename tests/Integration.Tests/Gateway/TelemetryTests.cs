using System.Diagnostics;
using ReferralGrains.Gateway.Metrics;

namespace ReferralGrains.Integration.Tests.Gateway;

public sealed class TelemetryTests
{
    [Fact]
    public void A_span_keeps_no_tag_that_could_name_a_person()
    {
        using var span = new Activity("request");
        span.SetTag("http.request.method", "GET").SetTag("http.route", "/v1/referrers/{id}").SetTag("url.path", "/v1/referrers/jane@example.org")
            .SetTag("orleans.rpc.target_id", "referrer/1/jane@example.org").SetTag("user_agent.original", "curl").SetTag("what.comes.some.day", "jane");
        using var filter = new OnlyKnownTags();
        filter.OnEnd(span);
        Assert.Equal(["http.request.method", "http.route"], span.TagObjects.Select(tag => tag.Key));
        Assert.Equal("GET /v1/referrers/{id}", span.DisplayName);
    }
}
