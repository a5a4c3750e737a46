using Npgsql;

namespace ReferralGrains.Server;

/// <summary>
/// A database that <c>grains restore</c> has made and that nobody has served yet, beside an original that may live. What it holds of the original it
/// would take for its own: the processes, with which its own would be one cluster, so that what is asked of the copy is decided by them and written in the
/// original's database, and they would hear from it who is a member and who is dead; and the endpoints, which take for true what is signed with their
/// secrets. So before it is served it knows no process but those to come, and tells nobody anything until a person lets each endpoint go on.
/// </summary>
internal static class RestoredCopy
{
    // The version of the membership stays: it only rises.
    internal const string Parting =
        """
        delete from membership;
        update silo set ended_at = clock_timestamp() where ended_at is null;
        update webhook_target set state = 2, why = 'restored', holder = null where state = 1
        """;

    public static async Task Part(string dataFolder, NpgsqlDataSource database, CancellationToken stop)
    {
        var mark = Path.Combine(dataFolder, "pg", "restored");
        if (!File.Exists(mark)) return;

        // The mark goes last: cut short, it is done again.
        await using var parting = database.CreateCommand(Parting);
        await parting.ExecuteNonQueryAsync(stop);
        File.Delete(mark);
    }
}
