using System.Collections.Immutable;
using System.Globalization;

namespace ReferralGrains.Storage.Webhooks;

/// <summary>Whether an endpoint is told. The numbers are in rows and never change.</summary>
public enum WebhookState
{
    Enabled = 1,

    /// <summary>By a person.</summary>
    Disabled = 2,

    /// <summary>It took nothing for days.</summary>
    Failed = 3,

    /// <summary>It answered 410.</summary>
    Gone = 4,
}

/// <summary>Why something was sent.</summary>
public enum WebhookCause
{
    /// <summary>In its turn.</summary>
    Turn = 1,

    /// <summary>A person asked for it again.</summary>
    Resend = 2,
    Test = 3,
}

/// <summary>An address that a tenant wants to be told at.</summary>
/// <param name="Events">Of which types; empty for all.</param>
/// <param name="OldSecret">Signs beside the new one until <paramref name="OldUntil"/>.</param>
/// <param name="OlderSecret">The one before that, where it was rotated twice: until <paramref name="OlderUntil"/>.</param>
/// <param name="Why">It is disabled, or its last attempt failed.</param>
/// <param name="Attempts">That failed, of the event that is next.</param>
/// <param name="NextAt">When it is tried again.</param>
/// <param name="Position">The last event that it has taken.</param>
public sealed record WebhookTarget(
    long Id, int Tenant, string Url, string? Description, ImmutableArray<WebhookEventType> Events, string Secret, string? OldSecret, DateTimeOffset? OldUntil,
    string? OlderSecret, DateTimeOffset? OlderUntil, WebhookState State, string? Why, int Attempts, DateTimeOffset? FailingSince, DateTimeOffset NextAt, long Position, DateTimeOffset CreatedAt)
{
    /// <summary>What signs, the oldest first.</summary>
    public IEnumerable<string> Secrets(DateTimeOffset at)
    {
        if (OlderSecret is not null && at < OlderUntil) yield return OlderSecret;
        if (OldSecret is not null && at < OldUntil) yield return OldSecret;
        yield return Secret;
    }

    /// <summary>Until when more than one does; null where that is over.</summary>
    public DateTimeOffset? RotatesUntil(DateTimeOffset at) => new[] { OldUntil, OlderUntil }.Max() is { } until && at < until ? until : null;

    public bool Wants(WebhookEventType type) => Events.IsEmpty || Events.Contains(type);
}

/// <summary>What is changed of an endpoint; null leaves it.</summary>
public sealed record WebhookChange(string? Url, string? Description, ImmutableArray<WebhookEventType>? Events, bool? Enabled);

/// <summary>An attempt to tell an endpoint something.</summary>
/// <param name="Status">What it answered; null where it answered nothing.</param>
/// <param name="Failure">A word for what went wrong; null where it was taken.</param>
public sealed record WebhookDelivery(
    long Id, string Event, WebhookEventType Type, WebhookCause Cause, int Attempt, DateTimeOffset At, TimeSpan Took, int? Status, string? Failure);

/// <summary>How an endpoint does. Nothing is counted beyond <see cref="Most"/>.</summary>
/// <param name="Taken">Attempts, tests left out.</param>
/// <param name="Failed">Attempts; the next one of the same event may have been taken.</param>
/// <param name="Waiting">Events of its types that it has not taken yet.</param>
/// <param name="OldestWaitingAt">Since when the first of them could have been told.</param>
public sealed record WebhookFigures(long Taken, long Failed, long Waiting, DateTimeOffset? OldestWaitingAt)
{
    public const int Most = 10_000;
}

/// <summary>Something that others are told, ready to be sent.</summary>
/// <param name="Position">Its place among the events of all tenants.</param>
/// <param name="Id">The same for every attempt and every endpoint, so that a receiver can drop repeats.</param>
/// <param name="Body">UTF-8 JSON: id, type, timestamp and data.</param>
public sealed record WebhookMessage(long Position, string Id, WebhookEventType Type, DateTimeOffset At, ReadOnlyMemory<byte> Body);

/// <summary>An event as the outside names it: the row of the journal that it is of, and which part of that.</summary>
public readonly record struct WebhookEventName(long Stream, long Seq, int Part)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"evt_{Stream}_{Seq}_{Part}");

    public static WebhookEventName? Parse(string text) =>
        text.Split('_') is ["evt", var stream, var seq, var part] && Number(stream) is { } a && Number(seq) is { } b && Number(part) is { } c and <= int.MaxValue ? new(a, b, (int)c) : null;

    private static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
