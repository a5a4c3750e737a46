using System.Globalization;
using ReferralGrains.Client;
using ReferralGrains.Web.Console.Layout;

namespace ReferralGrains.Web.Console.Settings;

/// <summary>How webhooks stand, to whoever looks after them: the words of docs/webhooks.md.</summary>
internal static class WebhookWords
{
    /// <summary>The colour of an endpoint's state.</summary>
    public static string Tone(WebhookEndpointAnswerState state) => state switch
    {
        WebhookEndpointAnswerState.Enabled => "good",
        WebhookEndpointAnswerState.Disabled => "warn",
        _ => "bad",
    };

    /// <summary>What came of its last attempt, and when the next one is.</summary>
    public static string Standing(WebhookEndpointAnswer one) => one.Why is not { } why
        ? "well"
        : $"{PayoutWords.Plain(why)}{(one.FailingSince is { } since ? $", failing since {Show.Time(since)}" : "")}{(one.NextAttemptAt is { } next ? $", again at {Show.Time(next)}" : "")}";

    /// <summary>How much of late, and how much is still to come.</summary>
    public static string Sums(WebhookFiguresAnswer figures) =>
        string.Create(CultureInfo.InvariantCulture, $"{PayoutWords.Count(figures.Delivered, "attempt")} taken and {figures.Failed:N0} failed in 24 hours");

    public static string Waiting(WebhookFiguresAnswer figures) => figures.OldestWaitingAt is { } since
        ? $"{PayoutWords.Count(figures.Waiting, "event")} {(figures.Waiting == 1 ? "waits" : "wait")}, the oldest since {Show.Time(since)}"
        : "nothing waits";

    /// <summary>Why it is told nothing; null while it is.</summary>
    public static string? Silence(WebhookEndpointAnswerState state) => state switch
    {
        WebhookEndpointAnswerState.Disabled => "It was switched off. What happens meanwhile waits for it, for 30 days.",
        WebhookEndpointAnswerState.Failed => "It took nothing for three days, and is told nothing until somebody lets it go on.",
        WebhookEndpointAnswerState.Gone => "It answered 410: it is gone. It is told nothing until somebody lets it go on.",
        _ => null,
    };

    /// <summary>What a receiver made of one attempt.</summary>
    public static string Outcome(WebhookDeliveryAnswer one) => one.Taken
        ? $"taken: {one.Status}"
        : one.Status is { } status ? $"refused: {status}" : $"not taken: {PayoutWords.Plain(one.Failure ?? "")}";
}
