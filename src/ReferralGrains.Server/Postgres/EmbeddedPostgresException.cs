namespace ReferralGrains.Server.Postgres;

/// <summary>Our own PostgreSQL cannot run. The message is one line that says what is wrong and what to do about it.</summary>
public sealed class EmbeddedPostgresException(string message) : Exception(message);
