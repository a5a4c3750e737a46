using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Import;

/// <summary>Makes sure that every referrer is there before anything names it.</summary>
internal sealed class ReferrerCreation(ApiClient api)
{
    private const int AtOnce = 16;
    private const int Conflict = 409;
    private int created;
    private int existing;

    public int Created => created;

    public int Existing => existing;

    public Task Run(IEnumerable<string> referrers, Action<long> advance, CancellationToken stop) =>
        Parallel.ForEachAsync(referrers, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (id, token) =>
        {
            var answer = await api.Post("/v1/referrers", new { id }, token);
            // One that was made with a name or an e-mail is other content than the bare id, and is there all the same.
            var isNew = answer.Refusal?.Status != Conflict && !answer.Json().IsTrue("duplicate");
            Interlocked.Increment(ref isNew ? ref created : ref existing);
            lock (advance) advance(1);
        });
}
