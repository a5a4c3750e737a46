using System.Security.Cryptography;

namespace ReferralGrains.Payouts.Standin;

/// <summary>What came of the requests under each idempotency key, for as long as Stripe remembers it.</summary>
internal sealed class SavedAnswers(TimeProvider time, TimeSpan life)
{
    // v2 keeps its keys for longer.
    private static readonly TimeSpan lifeOfSecondVersion = TimeSpan.FromDays(30);

    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);

    /// <summary>Null when it is to be run; then <see cref="End"/> follows, whatever comes of it.</summary>
    /// <exception cref="StandinProblem">The key is in use, or was used for another request.</exception>
    public Saved? Begin(StandinRequest request)
    {
        if (request.IdempotencyKey is not { } key) return null;
        if (key.Length > 255) throw StandinProblem.Invalid(null, "Idempotency keys may be up to 255 characters long.", null);
        var content = Content(request);
        if (!entries.TryGetValue(key, out var entry) || entry.Until <= time.GetUtcNow())
        {
            entries[key] = new(content, time.GetUtcNow() + (request.IsSecondVersion ? lifeOfSecondVersion : life));
            return null;
        }

        if (entry.Content != content) throw StandinProblem.KeyMismatch(key);
        if (entry.Saved is { } saved) return saved;
        throw StandinProblem.KeyInUse();
    }

    /// <param name="answer">Null when it was not run.</param>
    public void End(StandinRequest request, StandinAnswer? answer, string requestId)
    {
        if (request.IdempotencyKey is not { } key) return;
        var isSaved = answer is { IsSaved: true } && !(request.IsSecondVersion && answer.Status >= 400);
        if (isSaved) entries[key].Saved = new(answer!, requestId);
        else entries.Remove(key);
    }

    private static string Content(StandinRequest request) =>
        $"{request.Path} {request.Account} {Convert.ToHexString(SHA256.HashData(request.Body))}";

    internal sealed record Saved(StandinAnswer Answer, string RequestId);

    private sealed record Entry(string Content, DateTimeOffset Until)
    {
        public Saved? Saved { get; set; }
    }
}
