using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Turns.Referrals;

/// <summary>
/// For whoever asks from outside: what is sent to an alias goes on to the referral that it names (X8). Which ids are aliases nobody has to know
/// before, and nobody remembers: their own streams say it, on whichever silo.
/// </summary>
public sealed class AliasRouter(IGrainRouter router) : IGrainRouter
{
    public async Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop)
    {
        var reply = await router.Ask(to, command, stop);

        // What names a referral is no alias, so one step is enough.
        return reply is IReferralReply { MovedTo: { } referee } ? await router.Ask(to with { Second = referee }, Renamed(to, referee, command), stop) : reply;
    }

    // As if the referee had been named by its first id, so that a repeat is one, whichever was used (D11).
    private static ICommand<TReply> Renamed<TReply>(GrainAddress to, CallerId referee, ICommand<TReply> command) => command is RecordActions record
        ? (ICommand<TReply>)(object)(record with
        {
            Actions = [.. record.Actions.Select(action => action with { Hash = ActionContent.Renamed(to.First, to.Second!.Value, referee, action) })],
        })
        : command;
}
