using System.Diagnostics;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Gateway.Payouts;

/// <summary>What a person does with one payout item.</summary>
internal sealed class PayoutItemEndpoints(IGrainRouter router, IPayoutReports reports) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/payout_batches/{id}/items/{item}/confirm_paid", ConfirmPaid).Needs(KeyRole.Finance)
            .WithSummary("An item of an approved batch was paid outside, under a reference").Takes<PaidReference>().Answers<PayoutItemAnswer>();
        routes.Post("/v1/payout_batches/{id}/items/{item}/release", Release).Needs(KeyRole.Finance)
            .WithSummary("Give up an item of which certainly nothing was paid; its amount is payable again, and a retry leaves it alone").Takes<ReasonBody>(mayBeAbsent: true).Answers<PayoutItemAnswer>();
    }

    public static Problem WrongState(string what) =>
        new(409, "payout_wrong_state", null, $"The {what} is not in a state in which this can be done; read it again.");

    private async Task<IResult> ConfirmPaid(HttpContext context, string id, string item)
    {
        var body = await Body.Read(context, GatewayJson.Default.PaidReference);
        var reference = Text.Of(body.Reference, "reference", PayoutWords.MaxReference) ?? throw Problem.MissingField("reference").AsException();
        var (batch, one) = await reports.Named(context, id, item);

        // Once it is being sent it is never anything before that again, so that what was read still holds.
        if (batch is not { Outside: true, Status: PayoutBatchStatus.Sending or PayoutBatchStatus.Settled }) return new ProblemAnswer(WrongState("batch"));
        return await Ask(context, batch, one.Id, new PayoutItemCommand.ConfirmPaid(reference, context.Caller().By));
    }

    private async Task<IResult> Release(HttpContext context, string id, string item)
    {
        var reason = await ReasonBody.Read(context);
        var (batch, one) = await reports.Named(context, id, item);
        if (batch.Status is PayoutBatchStatus.Draft or PayoutBatchStatus.Reserving or PayoutBatchStatus.Frozen or PayoutBatchStatus.Approved) return new ProblemAnswer(WrongState("batch"));
        return await Ask(context, batch, one.Id, new PayoutItemCommand.Release(reason ?? "released_by_hand", context.Caller().By));
    }

    private async Task<IResult> Ask(HttpContext context, PayoutBatchView batch, CallerId item, PayoutItemCommand command)
    {
        var reply = await router.Ask(GrainAddress.PayoutItem(context.Caller().Tenant, item), new AskPayoutItem(command), context.RequestAborted);
        if (reply.Refusal is { } refusal) return new ProblemAnswer(Refused(refusal));
        return Answers.Ok(PayoutItemAnswer.Of((await reports.Item(batch.Stream, item, context.RequestAborted))!), GatewayJson.Default.PayoutItemAnswer);
    }

    private static Problem Refused(PayoutItemRefusal why) => why switch
    {
        PayoutItemRefusal.WrongState => WrongState("item"),
        PayoutItemRefusal.OtherReference => Problem.Conflict("reference", "It was confirmed under another reference; nothing was changed."),
        _ => throw new UnreachableException(),
    };
}
