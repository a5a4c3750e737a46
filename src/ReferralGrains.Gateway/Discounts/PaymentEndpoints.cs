using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Storage.Discounts;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Gateway.Discounts;

/// <summary>
/// Discounts on referrers' own payments: asked for before the charge, confirmed or released by what becomes of it (G3, D19); and case by
/// case, what a person says of a referral (G2).
/// </summary>
internal sealed class PaymentEndpoints(IGrainRouter router, IDiscounts discounts, IReports reports) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/payment_discounts", Quote).Needs(KeyRole.Ingest).IsLoggedByTheJournal()
            .WithSummary("What is off a referrer's own payment, before it is charged").Takes<PaymentQuote>().Answers<PaymentAnswer>(creates: true);
        routes.Post("/v1/payment_discounts/{id}/confirm", Confirm).Needs(KeyRole.Ingest).IsLoggedByTheJournal()
            .WithSummary("The charge went through: the referrals that it used are used for good").Answers<PaymentAnswer>();
        routes.Post("/v1/payment_discounts/{id}/release", Release).Needs(KeyRole.Ingest).IsLoggedByTheJournal()
            .WithSummary("The charge failed: the referrals that it used wait for the next payment").Answers<PaymentAnswer>();
        routes.Post("/v1/referrals/{program}/{referee}/payment_discount", Choose).Needs(KeyRole.Admin)
            .WithSummary("Let a referral count for its referrer's next payment, or use it up without").Takes<ReferralChoiceBody>().Answers<ReferralChoiceAnswer>();
    }

    private async Task<IResult> Quote(HttpContext context)
    {
        var body = await Body.Read(context, GatewayJson.Default.PaymentQuote);
        AmountLimits.Range(body.AmountMinor, 1, AmountLimits.MaxMinor, "amount_minor");
        var outcome = await Ask(context, body.ReferrerId, new QuotePayment(body.ProgramId, body.PaymentId, body.AmountMinor));
        return outcome.Refusal is { } refusal
            ? new ProblemAnswer(Problem.Of(refusal))
            : Answers.Created(
                context, await Answer(context, outcome, body.ProgramId, body.ReferrerId), outcome.Changed, GatewayJson.Default.PaymentAnswer,
                "payment_discounts", body.PaymentId.Value);
    }

    private Task<IResult> Confirm(HttpContext context, string id) => Settle(context, id, payment => new ConfirmPayment(payment));

    private Task<IResult> Release(HttpContext context, string id) => Settle(context, id, payment => new ReleasePayment(payment, context.Caller().By));

    private async Task<IResult> Choose(HttpContext context, string program, string referee)
    {
        var caller = context.Caller();
        var story = CallerId.IsValid(program) && CallerId.IsValid(referee)
            ? await reports.Referral(caller.Tenant, new(program), new(referee), context.RequestAborted)
            : null;
        if (story?.Referrer is not { } referrer) return new ProblemAnswer(Problem.NotFound("referral", "referee_id"));
        var body = await Body.Read(context, GatewayJson.Default.ReferralChoiceBody);
        var choice = DiscountWords.Choices.Parse(body.Decision, ReferralChoice.Applies, "decision");
        var choose = new ChooseReferral(story.Program, story.Referee, choice, Text.Of(body.Reason, "reason", ReasonBody.MaxLength), caller.By);
        var reply = await router.Ask(GrainAddress.Referrer(caller.Tenant, referrer), choose, context.RequestAborted);
        return reply.Refusal is { } refusal
            ? new ProblemAnswer(Problem.Of(refusal))
            : Answers.Ok(new(story.Program, story.Referee, referrer, DiscountWords.Choices.Of(choice)), GatewayJson.Default.ReferralChoiceAnswer);
    }

    private async Task<IResult> Settle(HttpContext context, string id, Func<CallerId, ICommand<PaymentReply>> command)
    {
        var found = CallerId.IsValid(id) ? await discounts.Find(context.Caller().Tenant, DiscountSide.Referrer, new(id), context.RequestAborted) : null;
        if (found is null) return new ProblemAnswer(Problem.NotFound("discount", "payment_id"));
        var outcome = await Ask(context, found.Person, command(found.Payment.Payment));
        return outcome.Refusal is { } refusal
            ? new ProblemAnswer(Problem.Of(refusal))
            : Answers.Ok(await Answer(context, outcome, found.Program, found.Person), GatewayJson.Default.PaymentAnswer);
    }

    private async Task<DiscountOutcome> Ask(HttpContext context, CallerId referrer, ICommand<PaymentReply> command) =>
        (await router.Ask(GrainAddress.Referrer(context.Caller().Tenant, referrer), command, context.RequestAborted)).Outcome;

    private async Task<PaymentAnswer> Answer(HttpContext context, DiscountOutcome outcome, CallerId program, CallerId referrer)
    {
        var payment = outcome.Payment!;
        var referees = payment.Applied.IsEmpty ? null : await discounts.Referees(payment.Applied.Select(one => one.Referral), context.RequestAborted);
        return new(
            payment.Payment, program, referrer, payment.AmountMinor, payment.DiscountMinor, payment.AmountMinor - payment.DiscountMinor, payment.State.ToWire(),
            [.. payment.Applied.Select(one => new AppliedReferralAnswer(referees![one.Referral], one.Minor))],
            payment.Why == NoDiscount.None ? null : payment.Why.ToWire(), outcome.Changed ? null : true);
    }
}

/// <param name="PaymentId">Names the payment for good: tried again with the same content, it uses the same referrals.</param>
/// <param name="AmountMinor">What is to be paid without a discount, in the program's currency.</param>
[Example("""{"program_id":"friends","referrer_id":"auth0|rita","payment_id":"membership-2026-01","amount_minor":10000}""")]
internal sealed record PaymentQuote(CallerId ProgramId, CallerId ReferrerId, CallerId PaymentId, [property: Whole(1, AmountLimits.MaxMinor)] long AmountMinor);

/// <param name="ToPayMinor">What is left to charge.</param>
/// <param name="Referrals">What each takes off, in the order in which they are used.</param>
/// <param name="Code">Why nothing is taken off.</param>
internal sealed record PaymentAnswer(
    CallerId PaymentId,
    CallerId ProgramId,
    CallerId ReferrerId,
    long AmountMinor,
    long DiscountMinor,
    long ToPayMinor,
    [property: OneOf("quoted", "confirmed", "released")] string State,
    ImmutableArray<AppliedReferralAnswer> Referrals,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate);

internal sealed record AppliedReferralAnswer(CallerId RefereeId, long DiscountMinor);

/// <param name="Decision">apply: it counts where discounts are given by hand. decline: it is used up without one, because it was declined or rewarded by another thing.</param>
[Example("""{"decision":"apply","reason":"as agreed"}""")]
internal sealed record ReferralChoiceBody(
    [property: OneOf(typeof(DiscountWords), nameof(DiscountWords.Choices))] string Decision,
    [property: AtMost(ReasonBody.MaxLength)] string? Reason = null) : IGivesReason;

internal sealed record ReferralChoiceAnswer(
    CallerId ProgramId, CallerId RefereeId, CallerId ReferrerId, [property: OneOf(typeof(DiscountWords), nameof(DiscountWords.Choices))] string Decision);
