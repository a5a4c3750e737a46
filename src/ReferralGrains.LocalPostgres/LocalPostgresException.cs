namespace ReferralGrains.LocalPostgres;

/// <summary>Our own PostgreSQL cannot run. The message is one line that says what is wrong and what to do about it.</summary>
public sealed class LocalPostgresException(string message) : Exception(message);
