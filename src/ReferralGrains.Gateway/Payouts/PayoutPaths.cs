using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Payouts;

namespace ReferralGrains.Gateway.Payouts;

/// <summary>What addresses and bodies of payouts name.</summary>
internal static class PayoutPaths
{
    /// <exception cref="ProblemException">It is not there, or another tenant's.</exception>
    public static async Task<PayoutBatchView> Named(this IPayoutReports reports, HttpContext context, string batch) =>
        (CallerId.IsValid(batch) ? await reports.Batch(context.Caller().Tenant, new(batch), context.RequestAborted) : null)
        ?? throw Problem.NotFound("payout_batch", "id").AsException();

    /// <inheritdoc cref="Named(IPayoutReports, HttpContext, string)"/>
    public static async Task<(PayoutBatchView Batch, PayoutItemView Item)> Named(this IPayoutReports reports, HttpContext context, string batch, string item)
    {
        var found = await reports.Named(context, batch);
        var one = CallerId.IsValid(item) ? await reports.Item(found.Stream, new(item), context.RequestAborted) : null;
        return one is null ? throw Problem.NotFound("payout_item", "item").AsException() : (found, one);
    }

    /// <summary>What could be the id of something at Stripe, which a field must say.</summary>
    public static string StripeId(string? text, string field, string like)
    {
        var given = Text.Of(text, field, Text.MaxForeignId) ?? throw Problem.MissingField(field).AsException();
        return given.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_') ? given : throw Problem.InvalidField(field, $"An id like {like} is expected.").AsException();
    }
}
