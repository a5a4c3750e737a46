using System.Security.Cryptography;
using System.Text.Json;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Simulation.Domain;

/// <summary>Actions as a client sends them: the hash is of everything but the id and what decides nothing.</summary>
public static class Sent
{
    public static ReferralAction Sale(string id, long? minor, DateTimeOffset at, string? currency = null, string? note = null) =>
        Hashed(new(new(id), default, ActionKind.Sale, minor, currency, at, null, [], note, null));

    public static ReferralAction Refund(string id, string of, DateTimeOffset at, long? minor = null) => About(ActionKind.Refund, id, of, at, minor);

    public static ReferralAction Chargeback(string id, string of, DateTimeOffset at, long? minor = null) => About(ActionKind.Chargeback, id, of, at, minor);

    public static ReferralAction Won(string id, string of, DateTimeOffset at, long? minor = null) => About(ActionKind.ChargebackWon, id, of, at, minor);

    public static ReferralAction Failed(string id, string of, DateTimeOffset at, long? minor = null) => About(ActionKind.RefundFailed, id, of, at, minor);

    public static ReferralAction Hashed(ReferralAction action)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(action with { Id = new("-"), Hash = default, Note = null, Metadata = null }, JournalJson.Default.ReferralAction);
        return action with { Hash = new(BitConverter.ToUInt128(SHA256.HashData(content))) };
    }

    private static ReferralAction About(ActionKind kind, string id, string of, DateTimeOffset at, long? minor) =>
        Hashed(new(new(id), default, kind, minor, null, at, new(of), [], null, null));
}
