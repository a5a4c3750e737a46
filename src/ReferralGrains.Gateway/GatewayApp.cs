using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Actions;
using ReferralGrains.Gateway.Health;
using ReferralGrains.Gateway.Lines;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Gateway.Referrals;
using ReferralGrains.Gateway.Referrers;

namespace ReferralGrains.Gateway;

/// <summary>The HTTP door: authenticate, parse once, ask a grain or a report, answer.</summary>
public static class GatewayApp
{
    // Above every body that is read whole, so that Kestrel drains a body that was refused and its sender sees why.
    private const long MaxDrainedBody = 32 * 1024 * 1024;

    /// <summary>Needs <c>IGrainRouter</c>, <c>IReports</c>, <c>IFacts</c>, <c>ITenants</c>, <c>ITenantClock</c>, <c>ITestClock</c> and <c>ILedgerCheck</c> beside it.</summary>
    public static IServiceCollection AddGateway(this IServiceCollection services, Action<GatewayOptions>? configure = null)
    {
        services.AddOptions<GatewayOptions>().Configure(options => configure?.Invoke(options));
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxDrainedBody;
        });
        services.AddRouting();
        services.AddHealthChecks();
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddSingleton<Keys>()
            .AddSingleton<LineStreams>()
            .AddSingleton<ReferrersByCode>()
            .AddSingleton<HealthEndpoints>()
            .AddSingleton<ProgramEndpoints>()
            .AddSingleton<ReferrerEndpoints>()
            .AddSingleton<ReferralEndpoints>()
            .AddSingleton<ActionEndpoints>();
    }

    public static void MapGateway(this WebApplication app)
    {
        app.UseRouting();
        app.UseMiddleware<Door>();
        app.Services.GetRequiredService<HealthEndpoints>().Map(app);
        app.Services.GetRequiredService<ProgramEndpoints>().Map(app);
        app.Services.GetRequiredService<ReferrerEndpoints>().Map(app);
        app.Services.GetRequiredService<ReferralEndpoints>().Map(app);
        app.Services.GetRequiredService<ActionEndpoints>().Map(app);
    }
}
