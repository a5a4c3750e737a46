using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Access;

/// <summary>
/// What a route says of itself to the audit log. Whatever is not a GET changes something and is logged, unless it says that the journal is
/// its log; a GET is logged where it says that it shows what is personal, and whenever a list is taken out as a file.
/// </summary>
internal abstract record Audited
{
    private Audited()
    {
    }

    /// <param name="To">Only keys with this role see it here; every key that the route takes, where it is null.</param>
    public sealed record Personal(KeyRole? To) : Audited;

    /// <summary>On the way of a sale: each is in the journal for ever, sealed.</summary>
    public sealed record InJournal : Audited;
}

/// <summary>A body in which whoever asks says why.</summary>
internal interface IGivesReason
{
    string? Reason { get; }
}

internal static class AuditMarks
{
    private static readonly object reason = new();
    private static readonly object subject = new();

    /// <summary>A name, an e-mail address, an account, a person's statement: who looks is logged.</summary>
    public static TBuilder ShowsPersonalData<TBuilder>(this TBuilder route, KeyRole? to = null)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new Audited.Personal(to));

    public static TBuilder IsLoggedByTheJournal<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new Audited.InJournal());

    /// <summary>For the audit log: why.</summary>
    public static void NoteReason(this HttpContext context, object? body)
    {
        if (body is IGivesReason { Reason: { Length: > 0 } why }) context.Items[reason] = why;
    }

    /// <summary>For the audit log: what a request is about whose path does not say it.</summary>
    public static void NoteSubject(this HttpContext context, string id) => context.Items[subject] = id;

    public static string? NotedReason(this HttpContext context) => context.Items.TryGetValue(reason, out var noted) ? (string?)noted : null;

    public static string? NotedSubject(this HttpContext context) => context.Items.TryGetValue(subject, out var noted) ? (string?)noted : null;
}
