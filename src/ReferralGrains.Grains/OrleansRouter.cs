using System.Collections.Frozen;
using System.Diagnostics;
using Orleans.Metadata;
using ReferralGrains.Grains.Payouts;
using ReferralGrains.Grains.Programs;
using ReferralGrains.Grains.Referrals;
using ReferralGrains.Grains.Referrers;
using ReferralGrains.Turns;
using GrainAddress = ReferralGrains.Turns.GrainAddress;

namespace ReferralGrains.Grains;

/// <summary>Sends commands to Orleans' grains, in this process or in another.</summary>
public sealed class OrleansRouter(IGrainFactory grains, GrainInterfaceTypeResolver interfaces, TenantQuota quota) : IGrainRouter
{
    // By the interface alone, Orleans would read its attributes and parse its name for each call.
    private readonly FrozenDictionary<GrainKind, (GrainType Grain, GrainInterfaceType Interface)> kinds = new Dictionary<GrainKind, Type>
    {
        [GrainKind.Referral] = typeof(IReferralEnrollmentGrain),
        [GrainKind.Referrer] = typeof(IReferrerGrain),
        [GrainKind.Program] = typeof(IProgramGrain),
        [GrainKind.PayoutBatch] = typeof(IPayoutBatchGrain),
        [GrainKind.PayoutItem] = typeof(IPayoutItemGrain),
        [GrainKind.PayoutAccount] = typeof(IPayoutAccountGrain),
        [GrainKind.PayoutPlan] = typeof(IPayoutPlanGrain),
    }.ToFrozenDictionary(kind => kind.Key, kind => (GrainType.Create(GrainKeys.TypeOf(kind.Key)), interfaces.GetGrainInterfaceType(kind.Value)));

    public Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop)
    {
        var grain = Grain(to);
        var load = quota.Begin(to.Tenant);
        var asked = Ask<TReply>(grain, command, load);
        return stop.CanBeCanceled && !asked.IsCompleted ? asked.WaitAsync(stop) : asked;
    }

    // Who stops waiting does not end the work: it is in flight until it is decided.
    private static async Task<TReply> Ask<TReply>(ITurnGrain grain, ICommand command, TenantQuota.Load load)
    {
        try
        {
            return (await grain.Ask(new(command))).Message switch
            {
                TReply reply => reply,
                NotDone notDone => throw notDone.ToException(),
                var other => throw new UnreachableException($"{command.GetType().Name} was answered with {other.GetType().Name}."),
            };
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // Orleans cancels what it has not even placed in time. We pass it nothing that cancels.
            throw new GrainUnavailableException("No answer in time; the outcome is unknown. Send it again under the same id.", exception);
        }
        catch (OrleansException exception)
        {
            throw new GrainUnavailableException("The grain's silo is gone; the outcome is unknown. Send it again under the same id.", exception);
        }
        finally
        {
            load.End();
        }
    }

    private ITurnGrain Grain(GrainAddress to)
    {
        if (!kinds.TryGetValue(to.Kind, out var kind)) throw new UnreachableException($"No grain of kind {to.Kind} is served.");
        return (ITurnGrain)grains.GetGrain(GrainId.Create(kind.Grain, GrainKeys.Of(to)), kind.Interface);
    }
}
