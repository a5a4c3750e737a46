using System.Collections.Immutable;
using System.Text;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Storage.Webhooks;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Payouts.Webhooks;

/// <inheritdoc cref="IStripeDoor"/>
internal sealed class StripeDoor(StripeKeys keys, ITenants tenants, IWebhookInbox inbox, TimeProvider time) : IStripeDoor
{
    // As Stripe's own ids are; what is longer is none.
    private const int LongestName = 255;

    public async Task<StripeTold> Take(CallerId tenant, ReadOnlyMemory<byte> payload, string? signature, CancellationToken stop)
    {
        if (keys.Of(tenant) is not { } key) return StripeTold.NotBelieved;
        var notice = StripeNotice.Read(Encoding.UTF8.GetString(payload.Span), signature, key.WebhookSecrets, key.IsLive, time.GetUtcNow());
        if (notice is null || !IsNames(notice) || await tenants.Find(tenant, stop) is not { } known) return StripeTold.NotBelieved;
        await inbox.Take([Event(known.Number, notice)], stop);
        return StripeTold.Taken;
    }

    public bool IsSigned(ReadOnlyMemory<byte> payload, string? signature, ImmutableArray<string> secrets) =>
        StripeNotice.IsSigned(Encoding.UTF8.GetString(payload.Span), signature, secrets, time.GetUtcNow());

    private static InboxEvent Event(int tenant, StripeNotice notice) =>
        new(tenant, InboxWorker.Stripe, notice.Account ?? "", notice.Id, notice.Type, notice.About);

    // PostgreSQL keeps no NUL, and nothing of Stripe's has one.
    private static bool IsNames(StripeNotice notice) =>
        new[] { notice.Id, notice.Type, notice.Account ?? "-", notice.About ?? "-" }.All(static name => name.Length is > 0 and <= LongestName && !name.Contains('\0', StringComparison.Ordinal));
}
