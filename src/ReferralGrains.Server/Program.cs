using ReferralGrains.LocalPostgres;
using ReferralGrains.Server;
using ReferralGrains.Server.Options;
using ReferralGrains.Storage.Journal;

if (args is ["--help"] or ["-h"])
{
    Console.Write(Settings.Help());
    return 0;
}

try
{
    return await GrainsServer.Run(SettingsReader.Read(args, Environment.GetEnvironmentVariable));
}
catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or LocalPostgresException or IOException or UnauthorizedAccessException or Npgsql.NpgsqlException or JournalUnavailableException)
{
    // What a user can mend is one line that says how; anything else is our bug and shows its trace.
    Console.Error.WriteLine($"grains: {exception.Message}");
    return 1;
}
