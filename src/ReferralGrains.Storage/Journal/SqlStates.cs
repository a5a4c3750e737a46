using Npgsql;

namespace ReferralGrains.Storage.Journal;

/// <summary>What a failed commit means, by its SQLSTATE.</summary>
internal enum CommitFault
{
    /// <summary>A stream, an action id, a side row, a fact or a balance was not as an append expected: find which, drop it, go again.</summary>
    Contended,

    /// <summary>Serialisation or deadlock: the same batch again.</summary>
    Again,

    /// <summary>This silo has ended, or was not renewed in time.</summary>
    LeaseLost,

    /// <summary>An append that can never be written: our bug. Find it and let the others through.</summary>
    Guilty,

    /// <summary>The database cannot take anything now, and took nothing.</summary>
    Unavailable,
}

internal static class SqlStates
{
    /// <summary>From <c>is_alive</c>, which every write asks first.</summary>
    public const string LeaseLost = "RG003";

    /// <param name="sides">What the commit held of the capabilities' tables.</param>
    public static CommitFault FaultOf(PostgresException exception, SideTables sides) => exception.SqlState switch
    {
        "RG001" or "RG002" or "RG006" => CommitFault.Contended,
        LeaseLost => CommitFault.LeaseLost,
        PostgresErrorCodes.UniqueViolation when exception.ConstraintName is "event_pkey" or "event_action" or "stream_parts" or "stream_pkey" => CommitFault.Contended,
        PostgresErrorCodes.UniqueViolation when sides.IsUniqueness(exception.ConstraintName) => CommitFault.Contended,
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected => CommitFault.Again,
        ['2', '1' or '2' or '3', ..] => CommitFault.Guilty,
        _ => CommitFault.Unavailable,
    };
}
