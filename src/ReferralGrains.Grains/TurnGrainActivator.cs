using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;
using ReferralGrains.Grains.Payouts;
using ReferralGrains.Grains.Programs;
using ReferralGrains.Grains.Referrals;
using ReferralGrains.Grains.Referrers;
using ReferralGrains.Turns;

namespace ReferralGrains.Grains;

/// <summary>
/// Makes the grains that decide, without a container's scope for each: there are millions of them, and each needs only its address and
/// what all of its kind share.
/// </summary>
internal sealed class TurnGrainActivator(GrainKind kind, TurnWorld world, MailboxOptions options) : IGrainActivator
{
    public object CreateInstance(IGrainContext context)
    {
        var mailbox = new Mailbox(TurnsFactory.Create(GrainKeys.Parse(kind, context.GrainId.Key.ToString()!), world), options);
        return kind switch
        {
            GrainKind.Referral => new ReferralEnrollmentGrain(context, mailbox),
            GrainKind.Referrer => new ReferrerGrain(context, mailbox),
            GrainKind.Program => new ProgramGrain(context, mailbox),
            GrainKind.PayoutBatch => new PayoutBatchGrain(context, mailbox),
            GrainKind.PayoutItem => new PayoutItemGrain(context, mailbox),
            GrainKind.PayoutAccount => new PayoutAccountGrain(context, mailbox),
            GrainKind.PayoutPlan => new PayoutPlanGrain(context, mailbox),
            _ => throw new UnreachableException(),
        };
    }

    public ValueTask DisposeInstance(IGrainContext context, object instance) => default;
}

/// <summary>Hands the activator to the kinds that it makes. What they may use of the world is made once a kind, with a router that goes up only.</summary>
internal sealed class TurnGrainActivators(IServiceProvider services, IGrainRouter router, MailboxOptions options) : IConfigureGrainTypeComponents
{
    public void Configure(GrainType grainType, GrainProperties properties, GrainTypeSharedContext shared)
    {
        var kind = Enum.GetValues<GrainKind>().FirstOrDefault(kind => GrainKeys.TypeOf(kind) == grainType.ToString());
        if (kind == default) return;
        var world = services.GetRequiredService<TurnWorld>() with { Router = new UpwardRouter(kind, router) };
        shared.SetComponent<IGrainActivator>(new TurnGrainActivator(kind, world, options));
    }
}
