using System.Diagnostics;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Gateway.Payouts;

/// <summary>What a person has found out of a payout item that is in review.</summary>
internal sealed class ReviewEndpoint(IPayoutReview review, IPayoutReports reports) : IEndpoints
{
    public static readonly Words<ReviewAnswer> Decisions = new(("paid_by", ReviewAnswer.PaidBy), ("never_paid", ReviewAnswer.NeverPaid), ("send_again", ReviewAnswer.SendAgain));

    public void Map(IEndpointRouteBuilder routes) =>
        routes.Post("/v1/payout_batches/{id}/items/{item}/resolve", Resolve).Needs(KeyRole.Finance)
            .WithSummary("Say what became of an item in review; it is held against what Stripe shows now").Takes<ReviewBody>().Answers<ReviewedItemAnswer>();

    private async Task<IResult> Resolve(HttpContext context, string id, string item)
    {
        var caller = context.Caller();
        var body = await Body.Read(context, GatewayJson.Default.ReviewBody);
        var answer = Decisions.Parse(body.Decision, ReviewAnswer.PaidBy, "decision");
        var transfer = Text.Of(body.TransferId, "transfer_id", Text.MaxForeignId);
        var why = Text.Of(body.Reason, "reason", ReasonBody.MaxLength) ?? throw Problem.MissingField("reason").AsException();
        if (answer == ReviewAnswer.PaidBy && transfer is null) throw Problem.MissingField("transfer_id").AsException();
        var (_, one) = await reports.Named(context, id, item);
        var customer = one.Amount.Asset.IsCash ? null : one.Destination;
        var reply = await review.Resolve(new(caller.Tenant, one.Id, answer, answer == ReviewAnswer.PaidBy ? transfer : null, why, caller.By, customer), context.RequestAborted);
        if (reply is null) return new ProblemAnswer(Problem.StripeAway);
        return reply.Refusal is { } refusal
            ? new ProblemAnswer(Of(refusal))
            : Answers.Ok(
                new(item, id, reply.Item.Status.ToWire(), one.Amount.Asset.Name, one.Amount.Minor, reply.Item.Transfer),
                GatewayJson.Default.ReviewedItemAnswer);
    }

    private static Problem Of(PayoutItemRefusal refusal) => refusal switch
    {
        PayoutItemRefusal.WrongState => new(409, "payout_item_not_in_review", "item", "The item is not in review, or its amount was paid or given back before."),
        PayoutItemRefusal.TransferThere => new(409, "transfer_there", "decision", "Stripe shows a live transfer of this item: it was paid."),
        PayoutItemRefusal.TransferUnfit => new(422, "transfer_unfit", "transfer_id", "Stripe shows no such transfer, or one of another amount or currency, or one that came back."),
        PayoutItemRefusal.TooEarly => new(409, "too_early", "decision", "Something was sent within the last hour and may still be made. Ask again later."),
        _ => throw new UnreachableException(),
    };
}

/// <param name="Decision">paid_by: by this transfer; never_paid: the amount is payable again; send_again: it was never paid, and is sent under a new key.</param>
/// <param name="TransferId">For paid_by: the transfer, of the item's amount and currency; for account credit the transaction on the customer's balance.</param>
/// <param name="Reason">What was found out. Kept with the item.</param>
[Example("""{"decision":"paid_by","transfer_id":"tr_123","reason":"made by hand, as the bank statement shows"}""")]
internal sealed record ReviewBody(
    [property: OneOf(typeof(ReviewEndpoint), nameof(ReviewEndpoint.Decisions))] string Decision, [property: AtMost(ReasonBody.MaxLength)] string Reason,
    [property: AtMost(Text.MaxForeignId)] string? TransferId = null) : IGivesReason;

/// <param name="Status">Where it stands now.</param>
internal sealed record ReviewedItemAnswer(string Id, string BatchId, string Status, string Asset, long AmountMinor, string? TransferId);
