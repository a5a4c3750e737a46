using Microsoft.Extensions.DependencyInjection;
using ReferralGrains.Storage.Webhooks;
using ReferralGrains.Turns.Webhooks;

namespace ReferralGrains.Webhooks;

public static class WebhookSetup
{
    /// <summary>For every process that answers HTTP. Needs <c>IFacts</c>, <c>ISiloLease</c>, <c>TimeProvider</c> and the database beside it.</summary>
    public static IServiceCollection AddWebhooks(this IServiceCollection services, WebhookOptions options) => services
        .AddSingleton(options)
        .AddSingleton<WebhookAddresses>()
        .AddSingleton<WebhookSender>()
        .AddSingleton<IWebhookTargets, WebhookTargets>()
        .AddSingleton<IWebhookFeed, WebhookFeed>()
        .AddSingleton<IWebhookTrials, WebhookTrials>();

    /// <summary>Delivers. Needs <see cref="AddWebhooks"/>; any number of processes share the work.</summary>
    public static IServiceCollection AddWebhookDelivery(this IServiceCollection services) => services
        .AddSingleton<WebhookWork>()
        .AddHostedService<WebhookDelivering>();
}
