using ReferralGrains.Storage.Webhooks;

namespace ReferralGrains.Turns.Webhooks;

/// <summary>Sends to endpoints out of their turn, while somebody waits. Who answers HTTP sends nothing itself.</summary>
public interface IWebhookTrials
{
    /// <summary>Why nobody is told at an address; null where somebody may be.</summary>
    /// <param name="mayBeClear">In a sandbox <c>http</c> will do.</param>
    Task<string?> Refuses(Uri address, bool mayBeClear, CancellationToken stop);

    /// <summary>Sends one thing once, and notes what came of it.</summary>
    Task<WebhookDelivery> Send(WebhookTarget target, WebhookMessage message, WebhookCause cause, CancellationToken stop);
}
