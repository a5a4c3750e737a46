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
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Discounts;

/// <summary>The discount on a referee's first invoice: asked for before the charge, confirmed or released by what becomes of it (S4).</summary>
internal sealed class CheckoutEndpoints(IGrainRouter router, KnownPrograms known, IDiscounts discounts) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/checkout_discounts", Quote).Needs(KeyRole.Ingest).IsLoggedByTheJournal()
            .WithSummary("What is off a referee's first invoice, before it is charged").Takes<CheckoutQuote>().Answers<CheckoutAnswer>(creates: true);
        routes.Post("/v1/checkout_discounts/{id}/confirm", Confirm).Needs(KeyRole.Ingest).IsLoggedByTheJournal()
            .WithSummary("The invoice was paid with its discount").Answers<CheckoutAnswer>();
        routes.Post("/v1/checkout_discounts/{id}/release", Release).Needs(KeyRole.Ingest).IsLoggedByTheJournal()
            .WithSummary("The invoice was not paid: its discount is free again").Answers<CheckoutAnswer>();
    }

    private async Task<IResult> Quote(HttpContext context)
    {
        var body = await Body.Read(context, GatewayJson.Default.CheckoutQuote);
        AmountLimits.Range(body.AmountMinor, 1, AmountLimits.MaxMinor, "amount_minor");
        var tenant = context.Caller().Tenant;
        if (!await known.Has(tenant, body.ProgramId, context.RequestAborted)) return new ProblemAnswer(Problem.Of(KnownPrograms.Missing));
        var outcome = await Ask(context, body.ProgramId, body.RefereeId, new QuoteCheckout(body.PaymentId, body.AmountMinor));
        return outcome.Refusal is { } refusal
            ? new ProblemAnswer(Problem.Of(refusal))
            : Answers.Created(
                context, Answer(outcome, body.PaymentId, body.ProgramId, body.RefereeId, body.AmountMinor), outcome.Changed,
                GatewayJson.Default.CheckoutAnswer, "checkout_discounts", body.PaymentId.Value);
    }

    private Task<IResult> Confirm(HttpContext context, string id) => Settle(context, id, payment => new ConfirmCheckout(payment));

    private Task<IResult> Release(HttpContext context, string id) => Settle(context, id, payment => new ReleaseCheckout(payment, context.Caller().By));

    private async Task<IResult> Settle(HttpContext context, string id, Func<CallerId, ICommand<CheckoutReply>> command)
    {
        var found = CallerId.IsValid(id) ? await discounts.Find(context.Caller().Tenant, DiscountSide.Referee, new(id), context.RequestAborted) : null;
        if (found is null) return new ProblemAnswer(Problem.NotFound("discount", "payment_id"));
        var outcome = await Ask(context, found.Program, found.Person, command(found.Payment.Payment));
        return outcome.Refusal is { } refusal
            ? new ProblemAnswer(Problem.Of(refusal))
            : Answers.Ok(Answer(outcome, found.Payment.Payment, found.Program, found.Person, found.Payment.AmountMinor), GatewayJson.Default.CheckoutAnswer);
    }

    private async Task<DiscountOutcome> Ask(HttpContext context, CallerId program, CallerId referee, ICommand<CheckoutReply> command) =>
        (await router.Ask(GrainAddress.Referral(context.Caller().Tenant, program, referee), command, context.RequestAborted)).Outcome;

    private static CheckoutAnswer Answer(DiscountOutcome outcome, CallerId payment, CallerId program, CallerId referee, long amountMinor)
    {
        var discount = outcome.Payment?.DiscountMinor ?? 0;
        return new(
            payment, program, referee, amountMinor, discount, amountMinor - discount, (outcome.Payment?.State ?? DiscountState.None).ToWire(),
            outcome.Why == NoDiscount.None ? null : outcome.Why.ToWire(), outcome is { Changed: false, Payment: not null } ? true : null);
    }
}

/// <param name="PaymentId">Names the payment for good: sent again with the same content it is answered the same.</param>
/// <param name="AmountMinor">What is to be paid without a discount, in the program's currency.</param>
[Example("""{"program_id":"friends","referee_id":"cus_2","payment_id":"in_1","amount_minor":9900}""")]
internal sealed record CheckoutQuote(CallerId ProgramId, CallerId RefereeId, CallerId PaymentId, [property: Whole(1, AmountLimits.MaxMinor)] long AmountMinor);

/// <param name="ToPayMinor">What is left to charge.</param>
/// <param name="State">none: nothing is taken off, and nothing is kept. A quote that is neither confirmed nor released within 24 hours is released.</param>
/// <param name="Code">Why nothing is taken off.</param>
internal sealed record CheckoutAnswer(
    CallerId PaymentId,
    CallerId ProgramId,
    CallerId RefereeId,
    long AmountMinor,
    long DiscountMinor,
    long ToPayMinor,
    [property: OneOf("none", "quoted", "confirmed", "released")] string State,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate);
