using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Tests.World;

/// <summary>An action before it is sent: the world fills in the id and the time that a test does not care about.</summary>
public sealed record Draft(
    ActionKind Kind,
    long? AmountMinor,
    string? Id = null,
    string Referee = ReferralWorld.Anna,
    DateTimeOffset? OccurredAt = null,
    string? Currency = null,
    string? About = null,
    ImmutableArray<string> Products = default,
    string? Note = null,
    ActionDetail? Detail = null)
{
    public static Draft Sale(long? amountMinor) => new(ActionKind.Sale, amountMinor);

    public static Draft Refund(string of, long? amountMinor = null) => new(ActionKind.Refund, amountMinor, About: of);

    public static Draft Chargeback(string of, long? amountMinor = null) => new(ActionKind.Chargeback, amountMinor, About: of);

    public static Draft Won(string of, long? amountMinor = null) => new(ActionKind.ChargebackWon, amountMinor, About: of);

    public static Draft Failed(string of, long? amountMinor = null) => new(ActionKind.RefundFailed, amountMinor, About: of);

    public Draft Named(string id) => this with { Id = id };

    public Draft By(string referee) => this with { Referee = referee };

    public Draft At(DateTimeOffset occurredAt) => this with { OccurredAt = occurredAt };

    public Draft In(string currency) => this with { Currency = currency };

    public Draft Buying(params string[] products) => this with { Products = [.. products] };

    public Draft Earning(long baseMinor) => this with { Detail = (Detail ?? new()) with { BaseMinor = baseMinor } };

    /// <summary>As the door fills it in: the base of lines is their sum.</summary>
    public Draft With(params SoldLine[] lines) => this with
    {
        Detail = (Detail ?? new()) with { Lines = [.. lines], BaseMinor = lines[0].BaseMinor is null ? Detail?.BaseMinor : lines.Sum(line => line.BaseMinor) },
        AmountMinor = AmountMinor ?? lines.Sum(line => line.AmountMinor),
    };

    public Draft Saying(string key, string value) => this with { Detail = (Detail ?? new()) with { Attributes = [.. Detail?.Attributes ?? [], new(key, value)] } };

    /// <summary>Its hash is of the fields as sent: the time that the world fills in is no content.</summary>
    public ReferralAction ToAction(string id, DateTimeOffset now)
    {
        var sent = new ReferralAction(
            new(id), default, Kind, AmountMinor, Currency, OccurredAt ?? default, About is null ? null : new CallerId(About),
            Products.IsDefault ? [] : Products, Note, null, Detail);
        return sent with { Hash = ActionContent.Hash(new("program"), new(Referee), sent), OccurredAt = OccurredAt ?? now };
    }
}
