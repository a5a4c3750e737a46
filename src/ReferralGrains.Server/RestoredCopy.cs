using Npgsql;

namespace ReferralGrains.Server;

/// <summary>
/// A database that <c>grains restore</c> has made and that nobody has served yet. Its endpoints are those of the original, which may live: what a copy
/// tells them, signed with their secrets, they take for true. So before it is served it tells nobody anything, until a person lets each go on.
/// </summary>
internal static class RestoredCopy
{
    public static async Task Silence(string dataFolder, NpgsqlDataSource database, CancellationToken stop)
    {
        var mark = Path.Combine(dataFolder, "pg", "restored");
        if (!File.Exists(mark)) return;

        // The mark goes last: cut short, it is done again.
        await using var silence = database.CreateCommand("update webhook_target set state = 2, why = 'restored', holder = null where state = 1");
        await silence.ExecuteNonQueryAsync(stop);
        File.Delete(mark);
    }
}
