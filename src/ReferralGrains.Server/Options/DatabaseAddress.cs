using System.Globalization;
using Npgsql;

namespace ReferralGrains.Server.Options;

/// <summary>How people name a PostgreSQL: a URL as hosts of databases hand it out, or key and value as Npgsql has it.</summary>
internal static class DatabaseAddress
{
    public const string Expected =
        "takes postgres://USER:PASSWORD@HOST:PORT/DATABASE, or Host=…;Username=…;Password=…;Database=…, of a role that owns the database";

    /// <returns>A connection string of Npgsql.</returns>
    public static string Parse(string text)
    {
        try
        {
            var connection = text.Contains("://", StringComparison.Ordinal) ? FromUrl(text) : new NpgsqlConnectionStringBuilder(text);
            if (string.IsNullOrWhiteSpace(connection.Host)) throw new FormatException(Expected);
            return connection.ConnectionString;
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or InvalidCastException)
        {
            // The text may hold a password, so it is not repeated.
            throw new FormatException(Expected);
        }
    }

    private static NpgsqlConnectionStringBuilder FromUrl(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("postgres" or "postgresql")) throw new FormatException(Expected);
        var login = url.UserInfo.Split(':', 2);
        var connection = new NpgsqlConnectionStringBuilder { Host = url.Host, Database = Uri.UnescapeDataString(url.AbsolutePath.TrimStart('/')) };
        if (url.Port > 0) connection.Port = url.Port;
        if (login[0].Length > 0) connection.Username = Uri.UnescapeDataString(login[0]);
        if (login.Length > 1) connection.Password = Uri.UnescapeDataString(login[1]);
        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            connection[Name(parts[0])] = Value(parts[0], Uri.UnescapeDataString(parts.ElementAtOrDefault(1) ?? ""));
        }

        return connection;
    }

    // The names of libpq, where Npgsql's differ.
    private static string Name(string parameter) => parameter switch
    {
        "sslmode" => "SSL Mode",
        "sslrootcert" => "Root Certificate",
        "sslcert" => "SSL Certificate",
        "sslkey" => "SSL Key",
        "connect_timeout" => "Timeout",
        "application_name" => "Application Name",
        _ => parameter,
    };

    private static object Value(string parameter, string value) => parameter switch
    {
        "sslmode" => value.Replace("-", "", StringComparison.Ordinal),
        "connect_timeout" => int.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture),
        _ => value,
    };
}
