using ReferralGrains.Storage.Webhooks;
using ReferralGrains.Turns.Webhooks;

namespace ReferralGrains.Webhooks;

/// <inheritdoc cref="IWebhookTrials"/>
internal sealed class WebhookTrials(WebhookSender sender, WebhookAddresses addresses, IWebhookTargets targets) : IWebhookTrials
{
    public Task<string?> Refuses(Uri address, bool mayBeClear, CancellationToken stop) => addresses.Refuses(address, mayBeClear, stop);

    public async Task<WebhookDelivery> Send(WebhookTarget target, WebhookMessage message, WebhookCause cause, CancellationToken stop)
    {
        var sent = await sender.Send(target, message, cause, attempt: 1, stop);
        return await targets.Note(target, sent.Delivery, CancellationToken.None);
    }
}
