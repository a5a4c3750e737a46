using Npgsql;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Storage.Sessions;

/// <summary>
/// The keys that seal sessions, where every gateway finds them. Synchronous, for who asks is: once at the start, and when a new key is made
/// after months.
/// </summary>
/// <exception cref="JournalUnavailableException">From every call: the database cannot be reached.</exception>
public sealed class SessionKeys(NpgsqlDataSource database, ISiloLease lease)
{
    public IReadOnlyList<string> All() => Reached(() =>
    {
        using var command = database.CreateCommand("select content from session_key order by name");
        using var reader = command.ExecuteReader();
        var all = new List<string>();
        while (reader.Read()) all.Add(reader.GetString(0));
        return all;
    });

    /// <summary>One of that name that is there stays as it is.</summary>
    public void Add(string name, string content) => Reached(() =>
    {
        using var command = database.CreateCommand("insert into session_key (name, content) select $1, $2 where is_alive($3) on conflict do nothing");
        foreach (var value in (NpgsqlParameter[])[Questions.Text(name), Questions.Text(content), Questions.Long(lease.Silo)]) command.Parameters.Add(value);
        return command.ExecuteNonQuery();
    });

    private static T Reached<T>(Func<T> question)
    {
        try
        {
            return question();
        }
        catch (NpgsqlException exception)
        {
            throw new JournalUnavailableException("The database cannot be reached.", exception);
        }
    }
}
