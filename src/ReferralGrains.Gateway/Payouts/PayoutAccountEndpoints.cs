using System.Diagnostics;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
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

/// <summary>Where referrers are paid (S10).</summary>
internal sealed class PayoutAccountEndpoints(IConnectedAccounts accounts, IPayoutReports payouts, IReports reports) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        // It may make an account and never changes one, so that whoever looks after referrers may send it.
        routes.Post("/v1/referrers/{id}/onboarding_link", Onboard).Needs(KeyRole.Admin).OrFinance()
            .WithSummary("A link by which a referrer tells Stripe who they are and where they bank; makes the account if there is none")
            .Takes<NewOnboardingLink>().Answers<OnboardingLinkAnswer>();
        routes.Get("/v1/referrers/{id}/payout_account", Show).Needs(KeyRole.Read).OrFinance().ShowsPersonalData()
            .WithSummary("Where a referrer is paid, as Stripe said last").Answers<PayoutAccountAnswer>();
        routes.Put("/v1/referrers/{id}/payout_account", Link).Needs(KeyRole.Finance)
            .WithSummary("Pay a referrer to an account that exists; in another's place it is paid nothing for 72 hours").Takes<LinkedAccount>().Answers<PayoutAccountAnswer>();
    }

    public async Task<IResult> Onboard(HttpContext context, string id)
    {
        var caller = context.Caller();
        var body = await Body.Read(context, GatewayJson.Default.NewOnboardingLink);
        var (back, again) = (Url(body.ReturnUrl, "return_url")!, Url(body.RefreshUrl, "refresh_url"));
        if (body.Country is { } country && !(country.Length == 2 && country.All(char.IsAsciiLetter)))
            throw Problem.InvalidField("country", "Two letters are expected, like GB.").AsException();
        var referrer = await reports.Named(context, id);
        if (referrer.Closed) return new ProblemAnswer(new(409, "referrer_closed", "referrer_id", "This referrer is closed."));
        var asked = new OnboardingAsked(referrer.Email, body.Country, back, again ?? back, caller.By);
        return await accounts.Onboard(caller.Tenant, referrer.Id, asked, context.RequestAborted) switch
        {
            AccountAnswer.Shown { Url: { } url, ExpiresAt: { } expires } shown => Linked(context, new(referrer.Id, url, expires, Answer(referrer.Id, shown.Account))),
            var other => NotShown(other),
        };
    }

    // Whoever has the address can say where the referrer banks.
    private static IResult Linked(HttpContext context, OnboardingLinkAnswer answer)
    {
        Idempotency.AnswerRepeatsWith(context, answer with { Url = null }, GatewayJson.Default.OnboardingLinkAnswer);
        return Answers.Ok(answer, GatewayJson.Default.OnboardingLinkAnswer);
    }

    private async Task<IResult> Show(HttpContext context, string id)
    {
        var referrer = await reports.Named(context, id);
        var account = await payouts.Account(context.Caller().Tenant, referrer.Id, context.RequestAborted) ?? throw Problem.NotFound("payout_account", "referrer_id").AsException();
        return Answers.Ok(
            new(referrer.Id, account.Account, account.Transfers.ToWire(), account.PaysOut, account.IsReady, account.ChangedAt), GatewayJson.Default.PayoutAccountAnswer);
    }

    private async Task<IResult> Link(HttpContext context, string id)
    {
        var caller = context.Caller();
        var body = await Body.Read(context, GatewayJson.Default.LinkedAccount);
        var account = PayoutPaths.StripeId(body.StripeAccountId, "stripe_account_id", "acct_…");
        var referrer = await reports.Named(context, id);
        return await accounts.Link(caller.Tenant, referrer.Id, account, caller.By, context.RequestAborted) switch
        {
            AccountAnswer.Shown shown => Answers.Ok(Answer(referrer.Id, shown.Account), GatewayJson.Default.PayoutAccountAnswer),
            var other => NotShown(other),
        };
    }

    private static ProblemAnswer NotShown(AccountAnswer answer) => new(answer switch
    {
        AccountAnswer.Refused refused => Problem.Of(refused.Why),
        AccountAnswer.Unreachable => Problem.StripeAway,
        _ => throw new UnreachableException(),
    });

    private static PayoutAccountAnswer Answer(CallerId referrer, PayoutAccount account) =>
        new(referrer, account.Account!, account.Transfers.ToWire(), account.PaysOut, account.IsReady, account.ChangedAt);

    private static string? Url(string? text, string param)
    {
        if (Text.Of(text, param, NewOnboardingLink.MaxUrl) is not { } given) return param == "return_url" ? throw Problem.MissingField(param).AsException() : null;
        return Uri.TryCreate(given, UriKind.Absolute, out var url) && url.Scheme is "https" or "http"
            ? given
            : throw Problem.InvalidField(param, "An absolute address that begins with https:// is expected.").AsException();
    }
}
