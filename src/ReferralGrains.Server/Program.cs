using ReferralGrains.Server;
using ReferralGrains.LocalPostgres;

try
{
    return await GrainsServer.Run(ServerOptions.Parse(args));
}
catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or LocalPostgresException or IOException or UnauthorizedAccessException or Npgsql.NpgsqlException)
{
    // What a user can mend is one line that says how; anything else is our bug and shows its trace.
    Console.Error.WriteLine($"grains: {exception.Message}");
    return 1;
}
