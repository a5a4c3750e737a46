using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization;
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

/// <summary>Money of a transfer is asked back from the connected account, by a person and never by itself.</summary>
internal sealed class ReversalEndpoints(IGrainRouter router, IPayoutReports reports) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/payout_batches/{id}/items/{item}/reverse", Reverse).Needs(KeyRole.Finance)
            .WithSummary("Ask money of the item's transfer back; what comes back is payable again, which pays down what the referrer owes")
            .Takes<NewReversal>().Answers<ReversalAnswer>(creates: true);
        routes.Get("/v1/payout_batches/{id}/items/{item}/reversals", List).Needs(KeyRole.Read).OrFinance()
            .WithSummary("What was asked back of the item's transfer, the newest first, and what came of it").Answers<ReversalsAnswer>();
    }

    private async Task<IResult> Reverse(HttpContext context, string id, string item)
    {
        var (body, caller) = (await Body.Read(context, GatewayJson.Default.NewReversal), context.Caller());
        var why = Text.Of(body.Reason, "reason", ReasonBody.MaxLength) ?? throw Problem.MissingField("reason").AsException();
        var minor = AmountLimits.Range(body.AmountMinor, 1, AmountLimits.MaxMinor, "amount_minor")!.Value;
        var (_, one) = await reports.Named(context, id, item);
        var reply = await router.Ask(
            GrainAddress.PayoutItem(caller.Tenant, one.Id), new AskPayoutItem(new PayoutItemCommand.Reverse(body.ReversalId.Value, minor, why, caller.By)), context.RequestAborted);
        if (reply.Refusal is { } refusal) return new ProblemAnswer(Refused(refusal));
        var answer = Answer(one, PayoutReversalView.Of(reply.Item.Reversal(body.ReversalId.Value)!)) with { Duplicate = reply.Changed ? null : true };
        return Answers.Created(context, answer, reply.Changed, GatewayJson.Default.ReversalAnswer, "payout_batches", id);
    }

    private async Task<IResult> List(HttpContext context, string id, string item)
    {
        var (_, one) = await reports.Named(context, id, item);
        var found = await reports.Reversals(one.Stream, context.RequestAborted);
        return Answers.Ok(new([.. found.Select(reversal => Answer(one, reversal))]), GatewayJson.Default.ReversalsAnswer);
    }

    private static ReversalAnswer Answer(PayoutItemView item, PayoutReversalView reversal) => new(
        new(reversal.Id), item.Id, item.Referrer, item.Amount.Asset.Name, reversal.Minor, reversal.Status.ToWire(), reversal.Reversal, reversal.Code, reversal.Why, reversal.By,
        reversal.AskedAt);

    private static Problem Refused(PayoutItemRefusal why) => why switch
    {
        PayoutItemRefusal.WrongState => PayoutItemEndpoints.WrongState("item"),
        PayoutItemRefusal.OtherReversal => Problem.Conflict("reversal_id", "Another amount was asked back under this id; nothing was changed."),
        PayoutItemRefusal.ReversalOpen => new(409, "reversal_open", "item", "Another reversal of this item is under way. Ask again when it was made or rejected."),
        PayoutItemRefusal.TooManyReversals => new(409, "too_many_reversals", "item", $"Of one item money is asked back at most {PayoutReversalDecider.Most} times."),
        PayoutItemRefusal.NotReversible => new(422, "credit_not_reversible", "item", "Account credit is no transfer and is not asked back; what is owed of it is earned back first."),
        PayoutItemRefusal.MoreThanIsLeft => new(422, "reversal_too_large", "amount_minor", "Less than that is left of the item's transfer."),
        PayoutItemRefusal.Indivisible => new(422, "amount_indivisible", "amount_minor", "Stripe does not move such a part of this currency."),
        _ => throw new UnreachableException(),
    };
}

/// <param name="ReversalId">The same again is the same reversal, for ever.</param>
/// <param name="AmountMinor">At most what is left of the transfer.</param>
/// <param name="Reason">Kept with it.</param>
[Example("""{"reversal_id":"back-17","amount_minor":500,"reason":"the order was a test"}""")]
internal sealed record NewReversal(
    CallerId ReversalId,
    [property: Whole(1, AmountLimits.MaxMinor)] long AmountMinor,
    [property: AtMost(ReasonBody.MaxLength)] string Reason);

/// <summary>Money that was asked back.</summary>
/// <param name="State">asked, intended, in_flight, unsettled, looking_up or not_found while it is under way; made, and the amount is payable again; rejected, and nothing came back.</param>
/// <param name="StripeReversalId">Stripe's name for it.</param>
/// <param name="Code">Why it was rejected: balance_insufficient where the account has not as much, or another word of Stripe's.</param>
/// <param name="AskedBy">The key that it was asked with.</param>
internal sealed record ReversalAnswer(
    CallerId ReversalId,
    CallerId ItemId,
    CallerId ReferrerId,
    string Currency,
    long AmountMinor,
    [property: OneOf("asked", "intended", "in_flight", "unsettled", "looking_up", "not_found", "made", "rejected")] string State,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? StripeReversalId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code,
    string Reason,
    string AskedBy,
    DateTimeOffset AskedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Duplicate = null);

internal sealed record ReversalsAnswer(ImmutableArray<ReversalAnswer> Data);
