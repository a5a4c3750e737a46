using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Turns.Referrals;

/// <summary>
/// The quota on actions that wait (D10). A tenant that sends the orders of customers whom nobody referred would otherwise fill the
/// disk with what never takes effect.
/// </summary>
internal static class Parking
{
    /// <summary>Of one tenant, over all its referees; a few more may slip in within a second.</summary>
    public const int MaxPerTenant = 1_000_000;

    /// <summary>Only a turn in which an action may have to wait asks: most have none.</summary>
    public static async ValueTask<bool> IsFull(TurnWorld world, int tenant, Referral state, IEnumerable<PreparedCommand> commands) =>
        MayPark(state, commands) && await world.Facts.Parked(tenant, CancellationToken.None) >= MaxPerTenant;

    private static bool MayPark(Referral state, IEnumerable<PreparedCommand> commands)
    {
        var waits = ActionDecider.Waits(state) is not null;
        foreach (var prepared in commands)
        {
            if (prepared.Command is not RecordActions record) continue;
            foreach (var action in record.Actions)
                if (waits || action.About is not null) return true;
        }

        return false;
    }
}
