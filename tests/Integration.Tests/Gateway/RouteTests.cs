using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Integration.Tests.Gateway.World;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Integration.Tests.Gateway;

/// <summary>What each route says of who may call it and what is logged of that. Nothing is called.</summary>
public sealed class RouteTests(SharedGateway gateway) : IClassFixture<SharedGateway>
{
    [Fact]
    public void Every_route_declares_a_policy()
    {
        Assert.NotEmpty(Endpoints);
        Assert.All(Endpoints, endpoint => Assert.Single(endpoint.Metadata.Where(item => item is IAuthorizeData or IAllowAnonymous).Select(item => item.GetType()).Distinct()));
        Assert.Equal(
            ["/docs/errors", "/docs/favicon.svg", "/docs/scalar.aspnetcore.js", "/docs/scalar.js", "/docs/{documentName?}", "/health/live", "/health/ready", "/metrics", "/openapi/{documentName}.json", "/v1/sources/{kind}/{source}", "/webhooks/stripe/{tenant}"],
            Endpoints.Where(endpoint => Roles.RoleOf(endpoint.Metadata) == "none").Select(endpoint => endpoint.RoutePattern.RawText).Order(StringComparer.Ordinal));
    }

    // A promise to callers that stands beside the routes, so that no route changes its role unnoticed.
    [Theory]
    [InlineData(KeyRole.Ingest, """
        PATCH /v1/referrals/{program}/{referee}
        POST /v1/actions
        POST /v1/actions:stream
        POST /v1/checkout_discounts
        POST /v1/checkout_discounts/{id}/confirm
        POST /v1/checkout_discounts/{id}/release
        POST /v1/payment_discounts
        POST /v1/payment_discounts/{id}/confirm
        POST /v1/payment_discounts/{id}/release
        POST /v1/redemptions
        POST /v1/referrals
        POST /v1/referrals/{program}/{referee}/aliases
        POST /v1/referrals/{program}/{referee}/approve
        POST /v1/referrals/{program}/{referee}/cancel
        POST /v1/referrals:batch
        POST /v1/referrers/{id}/spends
        """)]
    [InlineData(KeyRole.Admin, """
        DELETE /v1/enrollments/{id}
        DELETE /v1/portal_links/{id}
        DELETE /v1/referrers/{id}/eligible_rules/{rule}
        DELETE /v1/sources/{id}
        DELETE /v1/webhook_endpoints/{id}
        GET /v1/audit_entries
        PATCH /v1/enrollments/{id}
        PATCH /v1/programs/{id}
        PATCH /v1/referrers/{id}
        PATCH /v1/sources/{id}
        PATCH /v1/webhook_endpoints/{id}
        POST /v1/events
        POST /v1/flags/{id}/clear
        POST /v1/flags/{id}/confirm
        POST /v1/portal_links
        POST /v1/programs
        POST /v1/programs/{id}/rules
        POST /v1/referrals/{program}/{referee}/payment_discount
        POST /v1/referrals/{program}/{referee}/reassign
        POST /v1/referrers
        POST /v1/referrers/{id}/close
        POST /v1/referrers/{id}/entries
        POST /v1/referrers/{id}/groups/{rule}/release
        POST /v1/referrers/{id}/onboarding_link
        POST /v1/rewards/{id}/cancel
        POST /v1/rewards/{id}/release
        POST /v1/rules/{id}/disable
        POST /v1/rules/{id}/enable
        POST /v1/rules/{id}/join
        POST /v1/rules:what_if
        POST /v1/source_events/{id}/dismiss
        POST /v1/source_events/{id}/retry
        POST /v1/sources
        POST /v1/test_clock/advance
        POST /v1/webhook_endpoints
        POST /v1/webhook_endpoints/{id}/deliveries/{delivery}/resend
        POST /v1/webhook_endpoints/{id}/resume
        POST /v1/webhook_endpoints/{id}/rotate_secret
        POST /v1/webhook_endpoints/{id}/test
        PUT /v1/portal_settings
        PUT /v1/referrers/{id}/eligible_rules/{rule}
        """)]
    [InlineData(KeyRole.Finance, """
        GET /v1/reconciliation
        POST /v1/ledger/check
        POST /v1/payout_batches
        POST /v1/payout_batches/{id}/approve
        POST /v1/payout_batches/{id}/cancel
        POST /v1/payout_batches/{id}/items/{item}/confirm_paid
        POST /v1/payout_batches/{id}/items/{item}/release
        POST /v1/payout_batches/{id}/items/{item}/resolve
        POST /v1/payout_batches/{id}/items/{item}/reverse
        POST /v1/payout_batches/{id}/retry
        POST /v1/reconciliation/run
        POST /v1/referrers/{id}/credit_account
        POST /v1/send_gate/open
        PUT /v1/payout_terms
        PUT /v1/referrers/{id}/credit_account
        PUT /v1/referrers/{id}/payout_account
        """)]
    [InlineData(KeyRole.KeyAdmin, """
        DELETE /v1/api_keys/{id}
        GET /v1/api_keys
        POST /v1/api_keys
        """)]
    [InlineData(KeyRole.Operator, """
        GET /v1/tenants
        POST /v1/tenants
        """)]
    [InlineData(KeyRole.Portal, """
        GET /v1/portal
        GET /v1/portal/payouts
        GET /v1/portal/referrals
        GET /v1/portal/statement
        PATCH /v1/portal
        POST /v1/portal/onboarding_link
        """)]
    public void What_changes_something_needs_the_role_that_is_promised(KeyRole role, string routes) =>
        Assert.Equal(
            routes.ReplaceLineEndings("\n").Split('\n'),
            Endpoints.Where(endpoint => RoleOf(endpoint) == role)
                .Select(endpoint => $"{endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0]} {endpoint.RoutePattern.RawText}").Order(StringComparer.Ordinal));

    [Fact]
    public void Who_looks_after_the_money_sees_what_is_to_be_approved_without_the_role_to_read_and_who_gives_out_keys_what_they_do() => Assert.Equal(
        [
            "KeyAdmin: GET /v1/audit_entries", "Finance: GET /v1/ledger/trial_balance", "Finance: GET /v1/payout_batches", "Finance: GET /v1/payout_batches/{id}",
            "Finance: GET /v1/payout_batches/{id}/items/{item}/reversals", "Finance: GET /v1/payout_terms",
            "Finance: GET /v1/referrers/{id}/credit_account", "Finance: GET /v1/referrers/{id}/payout_account", "Finance: GET /v1/search", "Finance: POST /v1/referrers/{id}/onboarding_link",
        ],
        Endpoints.Where(endpoint => AlsoFor(endpoint) is not null).OrderBy(Named, StringComparer.Ordinal).Select(endpoint => $"{AlsoFor(endpoint)}: {Named(endpoint)}"));

    // A promise as well: what is not here is logged before it is done.
    [Fact]
    public void What_changes_something_is_logged_but_for_what_the_journal_is_the_log_of() => Assert.Equal(
        [
            "POST /v1/actions", "POST /v1/actions:stream", "POST /v1/checkout_discounts", "POST /v1/checkout_discounts/{id}/confirm", "POST /v1/checkout_discounts/{id}/release",
            "POST /v1/payment_discounts", "POST /v1/payment_discounts/{id}/confirm", "POST /v1/payment_discounts/{id}/release",
        ],
        Endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<Audited>() is Audited.InJournal).Select(Named).Order(StringComparer.Ordinal));

    [Fact]
    public void Who_looks_at_what_is_personal_is_logged() => Assert.Equal(
        [
            "GET /v1/payout_batches/{id}", "GET /v1/portal", "GET /v1/portal/payouts", "GET /v1/portal/referrals", "GET /v1/portal/statement", "GET /v1/reconciliation",
            "GET /v1/referrers", "GET /v1/referrers/{id}", "GET /v1/referrers/{id}/credit_account", "GET /v1/referrers/{id}/payout_account", "GET /v1/referrers/{id}/statement",
            "POST /v1/payout_batches",
        ],
        Endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<Audited>() is Audited.Personal).Select(Named).Order(StringComparer.Ordinal));

    [Fact]
    public void What_only_reads_needs_the_role_to_read() =>
        Assert.All(Endpoints.Where(endpoint => RoleOf(endpoint) == KeyRole.Read), endpoint =>
            Assert.Equal(["GET"], endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods));

    private List<RouteEndpoint> Endpoints => Of(gateway.Host);

    internal static List<RouteEndpoint> Of(GatewayHost host) => [.. host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];

    internal static KeyRole? RoleOf(RouteEndpoint endpoint) => Roles.RoleOf(endpoint.Metadata) is { } word and not ("none" or Roles.Any) ? Roles.Needed.Find(word) : null;

    internal static KeyRole? AlsoFor(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<Roles.AlsoFor>()?.Role;

    private static string Named(RouteEndpoint endpoint) => $"{endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0]} {endpoint.RoutePattern.RawText}";
}
