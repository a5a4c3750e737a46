using System.Diagnostics;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Referrers;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Gateway.Payouts;

/// <summary>Where account credit of referrers goes: to the balance of a customer at Stripe, which lowers its next invoices (S1).</summary>
internal sealed class CreditAccountEndpoints(IConnectedAccounts accounts, IPayoutReports payouts, IReports reports) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/v1/referrers/{id}/credit_account", Show).Needs(KeyRole.Read).OrFinance().ShowsPersonalData()
            .WithSummary("The Stripe customer that a referrer's account credit goes to").Answers<CreditAccountAnswer>();
        routes.Put("/v1/referrers/{id}/credit_account", Link).Needs(KeyRole.Finance)
            .WithSummary("Send a referrer's account credit to a customer that exists; in another's place it is sent nothing for 72 hours")
            .Takes<LinkedCustomer>(mayBeAbsent: true).Answers<CreditAccountAnswer>();
        routes.Post("/v1/referrers/{id}/credit_account", Make).Needs(KeyRole.Finance)
            .WithSummary("Make a Stripe customer for a referrer who has none, and send account credit there").Answers<CreditAccountAnswer>();
    }

    private async Task<IResult> Show(HttpContext context, string id)
    {
        var referrer = await reports.Named(context, id);
        var customer = await payouts.Customer(context.Caller().Tenant, referrer.Id, context.RequestAborted) ?? throw Problem.NotFound("credit_account", "referrer_id").AsException();
        return Answers.Ok(new(referrer.Id, customer.Customer, customer.ChangedAt), GatewayJson.Default.CreditAccountAnswer);
    }

    private async Task<IResult> Link(HttpContext context, string id)
    {
        var caller = context.Caller();
        var body = await Body.ReadOr(context, GatewayJson.Default.LinkedCustomer, new());
        var given = Text.Of(body.StripeCustomerId, "stripe_customer_id", Text.MaxForeignId);
        var referrer = await reports.Named(context, id);
        var customer = PayoutPaths.StripeId(given ?? referrer.StripeCustomerId, "stripe_customer_id", "cus_…");
        return Answer(referrer.Id, await accounts.LinkCustomer(caller.Tenant, referrer.Id, customer, caller.By, context.RequestAborted));
    }

    private async Task<IResult> Make(HttpContext context, string id)
    {
        var caller = context.Caller();
        var referrer = await reports.Named(context, id);
        if (referrer.Closed) return new ProblemAnswer(new(409, "referrer_closed", "referrer_id", "This referrer is closed."));
        return Answer(referrer.Id, await accounts.MakeCustomer(caller.Tenant, referrer.Id, referrer.Email, referrer.Name, caller.By, context.RequestAborted));
    }

    private static IResult Answer(CallerId referrer, AccountAnswer answer) => answer switch
    {
        AccountAnswer.Shown { Account: { Customer: { } customer } account } => Answers.Ok(new(referrer, customer, account.CustomerChangedAt), GatewayJson.Default.CreditAccountAnswer),
        AccountAnswer.Refused refused => new ProblemAnswer(Problem.Of(refused.Why)),
        AccountAnswer.Unreachable => new ProblemAnswer(Problem.StripeAway),
        _ => throw new UnreachableException(),
    };
}

/// <param name="StripeCustomerId">A customer of the tenant's own Stripe account; that of the referrer's profile when it is left out.</param>
[Example("""{"stripe_customer_id":"cus_R"}""")]
internal sealed record LinkedCustomer([property: Form(LinkedAccount.IdForm)] string? StripeCustomerId = null);

/// <summary>Where account credit goes.</summary>
/// <param name="ChangedAt">When it took another customer's place: nothing is sent there for 72 hours from then.</param>
internal sealed record CreditAccountAnswer(
    CallerId ReferrerId,
    string StripeCustomerId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ChangedAt);
